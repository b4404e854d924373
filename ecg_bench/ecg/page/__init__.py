"""The ECG as a clinician reads it: a page of millimetre paper."""

from ecg_bench.ecg.page._page import page_png, page_svg
from ecg_bench.ecg.page._write import write_page

__all__ = ["page_png", "page_svg", "write_page"]
