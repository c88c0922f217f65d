"""What a glossy surface adds to its own colour: the light's mirror image, blurred by roughness and dimmed by Fresnel.

GGX's lobe as a Spherical Gaussian warped to the reflected direction (Wang et al. 2009), times the analytic
environment BRDF of Karis (2014, "Physically Based Shading on Mobile").
"""

import torch
from torch import Tensor

from ..light import fibonacci_sphere

DIELECTRIC = 0.04  # reflectance head-on, what glTF gives to all that is not metal
SHARPEST = 25.0  # a narrower lobe would fall between the light's directions
FLATTEST = 0.05  # cosine to the camera below which the lobe's warp is not defined


def environment_brdf(cosine: Tensor, roughness: float) -> tuple[Tensor, Tensor]:
    """Scale and offset (P,) of the reflectance head-on, under light of radiance 1 all round; cosine (P,) to the eye."""
    x, y, z, w = (
        roughness * slope + start for slope, start in ((-1.0, 1.0), (-0.0275, 0.0425), (-0.572, 1.04), (0.022, -0.04))
    )
    bend = torch.exp2(-9.28 * cosine).clamp(max=x * x) * x + y
    return -1.04 * bend + z, 1.04 * bend + w


def reflection(
    normals: Tensor,  # (P, 3) unit
    towards: Tensor,  # (P, 3) unit, to the camera
    seen: Tensor,  # (P, K) visibility of the light from fibonacci_sphere's directions
    roughness: float,
) -> tuple[Tensor, Tensor]:
    """What a dielectric reflects to the camera beside its diffuse colour.

    Returns (P, K), the share of the radiance from each direction, and (P,), that of what hides the light.
    """
    directions = fibonacci_sphere(seen.shape[1])
    cosine = (towards * normals).sum(-1).clamp(FLATTEST, 1)
    mirrored = 2 * cosine[:, None] * normals - towards
    sharpness = (0.5 / (roughness**4 * cosine)).clamp(max=SHARPEST)
    lobe = torch.exp(sharpness[:, None] * (mirrored @ directions.T - 1)) * (normals @ directions.T > 0)
    lobe = lobe / lobe.sum(1, keepdim=True).clamp_min(1e-6)
    scale, offset = environment_brdf(cosine, roughness)
    clear = lobe * seen
    fresnel = DIELECTRIC * scale + offset
    return clear * fresnel[:, None], (1 - clear.sum(1)).clamp_min(0) * fresnel
