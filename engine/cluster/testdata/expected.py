# Makes expected.json: two generated sets of points, and what scikit-learn says of them. Run: python3 expected.py
import json
import numpy as np
from sklearn import __version__
from sklearn.cluster import AgglomerativeClustering, Birch, KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_score

rng = np.random.default_rng(11)
centres = rng.normal(0, 4, (5, 6))
apart = np.concatenate([c + rng.normal(0, s, (n, 6)) for c, s, n in zip(centres, [0.5, 0.8, 1, 0.6, 0.9], [40, 70, 30, 55, 45])])
overlapping = np.concatenate([rng.normal(m, 1, (60, 4)) * [1, 2, 1, 1] for m in (0, 1.5, 3)])
out = {"sklearn": __version__, "sets": []}
for name, x, k, threshold in (("apart", apart, 5, 0.9), ("overlapping", overlapping, 4, 0.8)):
    x = rng.permutation(np.round(x, 3))
    km = KMeans(k, n_init=50, random_state=0, tol=0, algorithm="lloyd").fit(x)
    birch = Birch(threshold=threshold, branching_factor=10, n_clusters=k).fit(x)
    labels = {"kmeans": km.labels_, "birch": birch.labels_}
    for linkage in ("ward", "average", "complete"):
        labels[linkage] = AgglomerativeClustering(k, linkage=linkage).fit(x).labels_
    out["sets"].append({
        "name": name, "k": k, "d": x.shape[1], "x": x.ravel().tolist(), "threshold": threshold, "branching": 10,
        "labels": {m: l.tolist() for m, l in labels.items()}, "inertia": km.inertia_,
        "subclusters": len(birch.subcluster_centers_), "silhouette": {m: silhouette_score(x, l) for m, l in labels.items()},
        "rand": adjusted_rand_score(labels["ward"], labels["complete"]),
        "nmi": normalized_mutual_info_score(labels["ward"], labels["complete"]),
    })
json.dump(out, open("expected.json", "w"), separators=(",", ":"))
