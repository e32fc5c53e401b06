"""Lays points out by scikit-learn: python3 beside.py POINTS N D OUT, float32 row-major.

Prints the seconds and scikit-learn's own trustworthiness of PCA and t-SNE, and of the map in OUT that was made before.
"""

import sys
import time

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness


def main() -> None:
    points, n, d, ours = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    x = np.fromfile(points, np.float32).reshape(n, d)
    chosen = np.random.default_rng(0).permutation(n)[:3000]  # memory of all pairs

    def tell(name: str, xy: np.ndarray, seconds: float) -> None:
        print(f"{name} {seconds:.2f} s, trustworthiness {trustworthiness(x[chosen], xy[chosen], n_neighbors=12):.4f}")

    tell("irum", np.fromfile(ours, np.float32).reshape(n, 2), 0)
    start = time.process_time()
    xy = PCA(2, random_state=0).fit_transform(x)
    tell("PCA", xy, time.process_time() - start)
    start = time.process_time()
    xy = TSNE(2, init="pca", learning_rate="auto", random_state=0, n_jobs=1).fit_transform(x)
    tell("TSNE", xy, time.process_time() - start)


main()
