"""What a Python user would run, timed on the work of `ella bench`: diffusers, transformers, or OpenVINO.

    python peer.py unet|vae|t5 [--dtype float32|bfloat16] [--channels-last] [--openvino] [--size 64] [--batch 2] [--runs 5]

Needs torch, diffusers and transformers, and openvino for --openvino. Weights are random: time does not depend on them. Prints one
JSON line with the seconds of every run after the first, as Alternate.java reads it, and the peak of the process's memory.
"""
import argparse
import json
import resource
import time

import torch

parser = argparse.ArgumentParser()
parser.add_argument("model", choices=["unet", "vae", "t5"])
parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
parser.add_argument("--channels-last", action="store_true")
parser.add_argument("--openvino", action="store_true")
parser.add_argument("--size", type=int, default=64, help="height and width of the latent")
parser.add_argument("--batch", type=int, default=2)
parser.add_argument("--runs", type=int, default=5)
args = parser.parse_args()
torch.set_grad_enabled(False)


class UNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        from diffusers import UNet2DConditionModel

        self.unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)

    def forward(self, sample, timestep, context):
        return self.unet(sample, timestep, context, return_dict=False)[0]


class Decoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        from diffusers import AutoencoderKL

        self.vae = AutoencoderKL(
            block_out_channels=[128, 256, 512, 512],
            layers_per_block=2,
            down_block_types=["DownEncoderBlock2D"] * 4,
            up_block_types=["UpDecoderBlock2D"] * 4,
        )
        del self.vae.encoder

    def forward(self, latent):
        return self.vae.decode(latent, return_dict=False)[0]


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        from transformers import T5Config, T5EncoderModel

        config = T5Config(d_model=2048, d_kv=64, d_ff=5120, num_layers=24, num_heads=32, feed_forward_proj="gated-gelu")
        self.t5 = T5EncoderModel(config)

    def forward(self, ids):
        return self.t5(ids)[0]


if args.model == "unet":
    model = UNet()
    inputs = [torch.randn(args.batch, 4, args.size, args.size), torch.tensor([500.0]), torch.randn(args.batch, 64, 768)]
elif args.model == "vae":
    model = Decoder()
    inputs = [torch.randn(1, 4, args.size, args.size)]
else:
    model = Encoder()
    inputs = [torch.randint(0, 32000, (1, 128))]
model = model.eval()

if args.openvino:
    import openvino

    converted = openvino.convert_model(model, example_input=tuple(inputs), input=[list(x.shape) for x in inputs])
    del model
    precision = {"float32": "f32", "bfloat16": "bf16"}[args.dtype]
    hints = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": torch.get_num_threads()}
    compiled = openvino.Core().compile_model(converted, "CPU", hints)
    arrays = [x.numpy() for x in inputs]
    run = lambda: compiled(arrays)
else:
    dtype = getattr(torch, args.dtype)
    model = model.to(dtype)
    if args.channels_last:
        model = model.to(memory_format=torch.channels_last)
    inputs = [x.to(dtype) if x.is_floating_point() and x.dim() > 1 else x for x in inputs]
    run = lambda: model(*inputs)

seconds = []
for _ in range(args.runs + 1):
    start = time.perf_counter()
    run()
    seconds.append(round(time.perf_counter() - start, 4))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"model": args.model, "dtype": args.dtype, "openvino": args.openvino, "seconds": seconds[1:], "peakBytes": peak}))
