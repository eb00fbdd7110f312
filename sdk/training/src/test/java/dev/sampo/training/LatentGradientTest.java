package dev.sampo.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.TensorShapeProto;
import dev.sampo.onnx.proto.TypeProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.GradientGraph;
import dev.sampo.picture.LatentSearch;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.SearchRequest;
import dev.sampo.picture.VaePipeline;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.training.graph.LatentGradient;
import dev.sampo.training.run.StepRandom;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gradients of decoders that ship, searched with by the core's latent search. */
class LatentGradientTest {
  private static final Path MODELS =
      Path.of(System.getProperty("sampo.home", "."), "exporter-specs", "models");
  private static final SessionConfig CONFIG = SessionConfig.builder().build();
  @TempDir Path folder;

  @BeforeAll
  static void chooseTheLibraryFirst() {
    dev.sampo.training.artifacts.NativeTraining.install();
  }

  private static float[] latent(int size, long number) {
    return new StepRandom(7, "latent", number).gaussians(size);
  }

  /** Searches from another latent for the picture of a known one; the loss has to fall to a fiftieth. */
  private void finds(ModelProto graph, float[] start, PictureBatch target) throws Exception {
    Path file = folder.resolve("gradient.onnx");
    Models.write(graph, file);
    try (GradientGraph gradient =
        GradientGraph.load(file, CONFIG)
            .bind("target", target.picture(0), 1, 1, target.heightPx(), target.widthPx())) {
      float[] slope = new float[start.length];
      double before = gradient.at(start, slope, CancellationToken.none());
      checkSlope(gradient, start, slope);
      LatentSearch.Result found =
          LatentSearch.descend(
              start, gradient, SearchRequest.gradient().maxEvaluations(200).sigma(0.1).build());
      assertTrue(found.loss() < before / 50, before + " -> " + found.loss());
    }
  }

  private static void checkSlope(GradientGraph gradient, float[] at, float[] slope) {
    float[] ignored = new float[at.length];
    for (int i = 0; i < 3; i++) {
      float[] moved = at.clone();
      moved[i] += 1e-2f;
      double up = gradient.at(moved, ignored, CancellationToken.none());
      moved[i] -= 2e-2f;
      double down = gradient.at(moved, ignored, CancellationToken.none());
      assertEquals((up - down) / 2e-2, slope[i], 2e-3, "slope " + i);
    }
  }

  @Test
  void search_withTheGradientOfAVae_findsThePicture() throws Exception {
    ModelProto graph =
        LatentGradient.meanSquaredError(
            Models.read(MODELS.resolve("digits-vae/decoder.onnx")), Map.of(), 0);
    try (VaePipeline vae = VaePipeline.open(MODELS.resolve("digits-vae"), CONFIG)) {
      float[] wanted = latent(vae.latentSize(), 0);
      PictureBatch target = vae.decode(new float[][] {wanted}, List.of());
      finds(graph, latent(vae.latentSize(), 1), target);
    }
  }

  @Test
  void search_withTheGradientOfAGan_findsThePicture() throws Exception {
    ModelProto graph =
        LatentGradient.meanSquaredError(
            Models.read(MODELS.resolve("digits-gan/generator.onnx")),
            Map.of("class_label", 4L),
            1e-5);
    try (GanPipeline gan = GanPipeline.open(MODELS.resolve("digits-gan"), CONFIG)) {
      float[] wanted = latent(gan.latentSize(), 2);
      PictureBatch target = gan.decode(new float[][] {wanted}, List.of(4));
      finds(graph, latent(gan.latentSize(), 3), target);
    }
  }

  @Test
  void graph_withoutTheClass_saysWhatIsMissing() throws Exception {
    ModelProto gan = Models.read(MODELS.resolve("digits-gan/generator.onnx"));
    SampoException e =
        assertThrows(SampoException.class, () -> LatentGradient.meanSquaredError(gan, Map.of(), 0));
    assertEquals("The decoder's input 'class_label' needs a value; given are [].", e.getMessage());
  }

  @Test
  void of_whenADecoderDeclaresMoreLabelsThanAnyHas_thenErrorNamesTheInput() throws Exception {
    ModelProto decoder = Models.read(MODELS.resolve("digits-gan/generator.onnx"));
    GraphProto.Builder graph = decoder.getGraph().toBuilder();
    TensorShapeProto.Builder wide = TensorShapeProto.newBuilder();
    for (int i = 0; i < 4; i++) {
      wide.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(65_536));
    }
    String name = null;
    for (int i = 0; i < graph.getInputCount(); i++) {
      ValueInfoProto input = graph.getInput(i);
      TypeProto.Tensor type = input.getType().getTensorType();
      if (type.getElemType() == TensorProto.DataType.INT64_VALUE) {
        name = input.getName();
        TypeProto.Tensor.Builder tensor = type.toBuilder().setShape(wide);
        graph.setInput(
            i, input.toBuilder().setType(input.getType().toBuilder().setTensorType(tensor)));
      }
    }
    ModelProto wild = decoder.toBuilder().setGraph(graph).build();
    Map<String, Long> labels = Map.of(java.util.Objects.requireNonNull(name), 3L);
    SampoException e =
        assertThrows(SampoException.class, () -> LatentGradient.meanSquaredError(wild, labels, 0));
    assertEquals(
        "The decoder's input '"
            + name
            + "' has the shape [65536, 65536, 65536, 65536]; a latent search sets up to 65536"
            + " labels.",
        e.getMessage());
  }
}
