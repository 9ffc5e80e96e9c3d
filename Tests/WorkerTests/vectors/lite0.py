"""Features that timm's EfficientNet-Lite0 finds in 20 real pictures, as JSON: every 20th of the 1,280 pooled ones.

    lite0.py DATA > lite0.json      DATA: ../shared/data (backbones/tf_efficientnet_lite0, clothing/test)

The pictures are the first two of each class by name, squashed to 224x224 by Pillow's bicubic filter.
"""
import json
import pathlib
import sys

import numpy as np
import timm
import torch
from PIL import Image

data = pathlib.Path(sys.argv[1])
weights = data / "backbones/tf_efficientnet_lite0/model.safetensors"
network = timm.create_model("tf_efficientnet_lite0", checkpoint_path=str(weights), num_classes=1000).eval()
pictures = {}
for folder in sorted((data / "clothing/test").iterdir()):
    for path in sorted(folder.glob("*.jpg"))[:2]:
        image = Image.open(path).convert("RGB").resize((224, 224), Image.BICUBIC)
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).float()[None]
        with torch.no_grad():
            features = network.forward_head(network.forward_features((pixels - 127.5) / 127.5), pre_logits=True)[0]
        pictures[f"{folder.name}/{path.name}"] = [float(f"{value:.6g}") for value in features[::20]]
print(json.dumps({"timm": timm.__version__, "pictures": pictures}, indent=0).replace(",\n", ", ").replace("], ", "],\n"))
