"""Answers what scikit-learn makes of points: one JSON object a line in, one out, until the input ends.

A request names the file of its points (float32, row-major), n, d and what is asked ("ask"); the answer has labels where there are
any, and the seconds of processor time that scikit-learn took without the reading of files.
"""

import json
import sys
import time
import warnings

import numpy as np
from sklearn import __version__
from sklearn.cluster import AgglomerativeClustering, Birch, KMeans, MiniBatchKMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_score

kept = {}


def points(path, d):
    """The file's points, kept so that asking again times no reading."""
    if path not in kept:
        kept.clear()
        kept[path] = np.fromfile(path, np.float32).reshape(-1, d)
    return kept[path]


def method(r, d):
    """An estimator as the request says."""
    k, ask = r["k"], r["ask"]
    if ask in ("kmeans", "minibatch"):
        init = np.fromfile(r["start"], np.float32).reshape(k, d) if r.get("start") else "k-means++"
        if ask == "minibatch":
            return MiniBatchKMeans(k, init=init, n_init=1 if r.get("start") else 3, random_state=r.get("seed", 0))
        most = r.get("iterations") or 300
        return KMeans(k, init=init, n_init=1 if r.get("start") else 10, max_iter=most, tol=0, algorithm="lloyd", random_state=r.get("seed", 0))
    if ask == "birch":
        return Birch(threshold=r["threshold"], branching_factor=r["branching"], n_clusters=k)
    return AgglomerativeClustering(k, linkage=ask)


def answer(r):
    """What one request asks."""
    if r["ask"] == "version":
        return {"version": __version__}
    if r["ask"] == "agreement":
        return {"rand": adjusted_rand_score(r["labels"], r["truth"]), "nmi": normalized_mutual_info_score(r["labels"], r["truth"])}
    x = points(r["points"], r["d"])
    if r["ask"] == "silhouette":
        return {"silhouette": float(silhouette_score(x, r["labels"]))}
    if r.get("double"):
        x = x.astype(np.float64)
    m = method(r, r["d"])
    start = time.process_time()
    m.fit(x)
    out = {"seconds": time.process_time() - start, "labels": m.labels_.tolist()}
    if hasattr(m, "inertia_"):
        out["inertia"], out["iterations"] = float(m.inertia_), int(m.n_iter_)
    if hasattr(m, "subcluster_centers_"):
        out["subclusters"] = len(m.subcluster_centers_)
    return out


warnings.simplefilter("ignore")
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
