"""What SV3D imagines where no frame looks, as a loss of the fine stage (masked SDS)."""
