"""The ECG as a clinician reads it: a page of millimetre paper."""

from ecg_bench.ecg.page._draw import page_png, page_svg

__all__ = ["page_png", "page_svg"]
