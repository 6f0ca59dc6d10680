"""What the processor computes in."""

# What no token may look at: below any score, and still finite in half precision.
HIDDEN = -1e9


def computes_in_bfloat16() -> bool:
    """Whether the processor multiplies in bfloat16 itself; where it does not, float32 is a hundred times faster."""
    import torch

    return bool(torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())
