"""tmp"""

from ecg_bench.ratings._records import read_ratings as load_ratings
