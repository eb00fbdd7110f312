"""``python -m unittest`` in exporter-specs/python: the helpers that every exporter leans on. Trains nothing, needs no data."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from torch import nn

from sampo_exporters import autoencoder, common, data_digits, diffusion, judge, pixelcnn

BATCH = {0: "batch"}


class Doubler(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return z * 2


class ExportTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def export(self, module: nn.Module, **options) -> Path:
        path = self.folder / "model.onnx"
        common.export_graph(module, path, [{"z": torch.randn(n, 3)} for n in (2, 1, 5)], ["sample"],
                            {"z": BATCH, "sample": BATCH}, **options)
        return path

    def test_export_when_plain_then_axes_are_declared(self) -> None:
        import onnx

        graph = onnx.load(str(self.export(Doubler()))).graph
        dims = [[d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in (*graph.input, *graph.output)]
        self.assertEqual([["batch", 3], ["batch", 3]], dims)

    def test_export_when_random_operator_then_refused(self) -> None:
        class Noisy(nn.Module):
            def forward(self, z: torch.Tensor) -> torch.Tensor:
                return z + torch.randn_like(z)

        with self.assertRaisesRegex(ValueError, "random operators"):
            self.export(Noisy())

    def test_check_when_names_or_types_differ_then_says_which(self) -> None:
        path = self.export(Doubler())
        for tensor, message in (({"name": "x", "types": ["float32"], "shape": ["batch", 3]}, "no inputs \\['x'\\]"),
                                ({"name": "z", "types": ["int64"], "shape": ["batch", 3]}, "'z' is float32"),
                                ({"name": "z", "types": ["float32"], "shape": ["batch"]}, "'z' is float32 with 2 axes")):
            spec = {"graphs": {"g": {"inputs": [tensor], "outputs": [
                {"name": "sample", "types": ["float32"], "shape": ["batch", 3]}]}}}
            (self.folder / "family.json").write_text(json.dumps(spec))
            specs, common.SPECS = common.SPECS, self.folder
            try:
                with self.assertRaisesRegex(ValueError, message):
                    common.check_against_spec(path, "family", "g")
            finally:
                common.SPECS = specs

    def test_record_quality_when_card_exists_then_only_figures_change(self) -> None:
        card = common.Card("m", "gan", "makes", "licence", "data", 0, 1, "command")
        common.write_json(self.folder / "sampo.json", {"spec": "gan", "card": card.block()})
        common.write_readme(self.folder, card)
        common.record_quality(self.folder, {"judged_right": 0.5})
        self.assertEqual({"judged_right": 0.5}, json.loads((self.folder / "sampo.json").read_text())["card"]["quality"])
        self.assertIn("| judged_right | 0.5 |", (self.folder / "README.md").read_text())

    def test_checkpoint_when_loaded_then_random_stream_goes_on(self) -> None:
        options = common.Options("m", self.folder, work=self.folder)
        net = nn.Linear(2, 2)
        common.Checkpoint(options, net=net).save(7)
        wanted, weight = torch.randn(3), net.weight.detach().clone()
        nn.init.zeros_(net.weight)
        self.assertEqual(7, common.Checkpoint(options, net=net).load())
        self.assertTrue(torch.equal(weight, net.weight))
        self.assertTrue(torch.equal(wanted, torch.randn(3)))


class FiguresTest(unittest.TestCase):
    def test_diversity_when_two_points_then_their_distance(self) -> None:
        pictures = np.zeros((4, 1, 28, 28))
        pictures[1, 0, 0, 0], pictures[3, 0, 0, :4] = 1, 1
        self.assertAlmostEqual(1.5, judge.diversity(pictures, np.array([0, 0, 1, 1])))

    def test_auroc_when_by_hand(self) -> None:
        self.assertAlmostEqual(0.875, autoencoder.auroc(np.array([0.0, 1]), np.array([1.0, 2])))

    def test_alphas_cumprod_when_cosine_then_falls_from_one_to_zero(self) -> None:
        bar = diffusion.alphas_cumprod()
        self.assertEqual(1000, len(bar))
        self.assertTrue((np.diff(bar) < 0).all())
        self.assertAlmostEqual(0.99996, bar[0], places=5)
        self.assertLess(bar[-1], 1e-8)

    def test_judge_when_kept_back_digits_then_at_least_98_percent(self) -> None:
        images, labels = data_digits.kept_back()
        self.assertGreaterEqual((judge.judge_classes(images[:, None] / 255.0) == labels).mean(), 0.98)


class PixelCnnTest(unittest.TestCase):
    def test_forward_when_later_pixels_change_then_logits_do_not(self) -> None:
        torch.manual_seed(0)
        net = pixelcnn.PixelCnn().eval()
        x, label = torch.rand(1, 1, 28, 28), torch.tensor([3])
        changed = x.clone()
        changed[0, 0, 20, 9:] = 5
        changed[0, 0, 21:] = -5
        a, b = net(x, label), net(changed, label)
        self.assertTrue(torch.equal(a[..., :20, :], b[..., :20, :]))
        self.assertTrue(torch.equal(a[..., 20, :10], b[..., 20, :10]))
        self.assertFalse(torch.equal(a[..., 20, 10], b[..., 20, 10]))

    def test_forward_when_only_the_rows_so_far_are_fed_then_last_row_is_the_same(self) -> None:
        torch.manual_seed(0)
        net = pixelcnn.PixelCnn().eval()
        x, label = torch.rand(2, 1, 28, 28), torch.tensor([3, 4])
        whole = net(x, label)[..., 11, :]
        window = net(x[:, :, :12], label)[..., -1, :]
        self.assertTrue(torch.allclose(whole, window, atol=1e-5))


if __name__ == "__main__":
    unittest.main()
