"""Writes coco.json: random boxes, and what pycocotools' COCOeval (cocoapi 8c9bcc3, numpy 1.24) says of them.

Run with pycocotools on the path: python3 reference.py > coco.json
"""
import contextlib
import json
import random
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

random.seed(7)
CLASSES = 4  # the last is in no image
truth, found = [], []
for image in range(12):
    objects = [[random.randrange(3)] + [round(random.uniform(*r), 2) for r in ((0, 500), (0, 400), (8, 120), (8, 120))] for _ in range(random.randrange(0, 14))]
    seen = []
    for c, x, y, w, h in objects:
        for _ in range(random.choice((0, 1, 1, 1, 2))):
            near = random.choice((0.03, 0.1, 0.25))
            shift = lambda size: random.uniform(-near, near) * size
            seen.append([random.choice((c, c, c, c, 1)), x + shift(w), y + shift(h), w + shift(w), h + shift(h), random.betavariate(4, 2)])
    for _ in range(130 if image == 3 else 5):
        seen.append([random.randrange(CLASSES), random.uniform(0, 500), random.uniform(0, 400), random.uniform(8, 120), random.uniform(8, 120), random.betavariate(2, 4)])
    truth.append(objects)
    found.append([[round(v, 2) for v in o] for o in seen])  # two digits, so that some scores are equal

coco, results, n = {"images": [], "annotations": [], "categories": [{"id": c + 1, "name": str(c)} for c in range(CLASSES)]}, [], 0
for i in range(len(truth)):
    coco["images"].append({"id": i + 1, "width": 640, "height": 480})
    for c, x, y, w, h in truth[i]:
        n += 1
        coco["annotations"].append({"id": n, "image_id": i + 1, "category_id": c + 1, "bbox": [x, y, w, h], "area": w * h, "iscrowd": 0})
    for c, x, y, w, h, score in found[i]:
        results.append({"image_id": i + 1, "category_id": c + 1, "bbox": [x, y, w, h], "score": score})

with contextlib.redirect_stdout(sys.stderr):
    gt = COCO()
    gt.dataset = coco
    gt.createIndex()
    e = COCOeval(gt, gt.loadRes(results), "bbox")
    e.evaluate()
    e.accumulate()
    e.summarize()
p = e.eval["precision"][:, :, :, 0, 2]
classes = [{"ap": float(p[:, :, c].mean()), "ap50": float(p[0, :, c].mean())} for c in range(CLASSES) if p[0, 0, c] >= 0]
json.dump({"classes": CLASSES, "truth": truth, "found": found, "ap": e.stats[0], "ap50": e.stats[1], "by_class": classes}, sys.stdout, separators=(",", ":"))
print()
