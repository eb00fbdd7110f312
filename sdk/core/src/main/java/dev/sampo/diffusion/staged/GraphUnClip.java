package dev.sampo.diffusion.staged;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.embedding.PicturePreparation;
import dev.sampo.error.ModelException;
import dev.sampo.internal.PromptReader;
import dev.sampo.internal.SchedulerFiles;
import dev.sampo.internal.Sizes;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** An unCLIP model of ONNX graphs: its parts, and what its configuration files say. Immutable; owns the graphs. */
final class GraphUnClip implements UnClipPipeline {
  static final String PRIOR_SCHEDULER = "prior/scheduler/scheduler_config.json";
  static final String DECODER_SCHEDULER = "decoder/scheduler/scheduler_config.json";

  private static final int IMAGE_EDGE = 224;

  final PromptReader text;
  final Graph prior;
  final Graph unet;
  final Graph movq;

  /** Width of an embedding. */
  final int width;

  /** Channels of the decoder's latents. */
  final int channels;

  /** Pixels of a latent position. */
  final int factor;

  final double loadMillis;
  private final float[] mean;
  private final float[] std;
  private final Graph images;
  private final int edge;
  private final PicturePreparation preparation;
  final ModelFolder folder;

  private GraphUnClip(ModelFolder folder, SessionConfig config, List<AutoCloseable> opened) {
    long begin = System.nanoTime();
    this.folder = folder;
    SchedulerFiles.read(
        folder, PRIOR_SCHEDULER); // a request reads them; what is missing is said now
    SchedulerFiles.read(folder, DECODER_SCHEDULER);
    JsonNode p = folder.json("prior/prior/config.json");
    this.width =
        Sizes.stated(
            p,
            folder.root().resolve("prior/prior/config.json"),
            "embedding_dim",
            768,
            Sizes.MOST_CHANNELS);
    this.mean = statistics(p, "clip_mean");
    this.std = statistics(p, "clip_std");
    this.channels =
        Sizes.stated(
            folder.jsonOrEmpty("decoder/unet/config.json"),
            folder.root().resolve("decoder/unet/config.json"),
            "in_channels",
            4,
            Sizes.MOST_CHANNELS);
    int levels =
        folder.jsonOrEmpty("decoder/movq_decoder/config.json").path("block_out_channels").size();
    this.factor = levels > 0 ? 1 << (Math.min(16, levels) - 1) : 8;
    this.prior = keep(opened, folder.load("prior", config));
    this.images = keep(opened, folder.load("image_encoder", config));
    this.unet = keep(opened, folder.load("unet", config));
    this.movq = keep(opened, folder.load("movq_decoder", config));
    Graph encoder = keep(opened, folder.load("text_encoder", config));
    this.text =
        new PromptReader(encoder, Tokenizer.fromFolder(folder.root().resolve("prior/tokenizer")));
    Shape declared = images.inputs().get("pixel_values").shape();
    int configured =
        Sizes.stated(
            folder.jsonOrEmpty("prior/image_encoder/config.json"),
            folder.root().resolve("prior/image_encoder/config.json"),
            "image_size",
            IMAGE_EDGE,
            Sizes.MOST_SIDE);
    this.edge = declared.dim(2) > 0 ? (int) declared.dim(2) : configured;
    this.preparation =
        PicturePreparation.read(folder.root().resolve("prior/image_processor"), edge);
    this.loadMillis = (System.nanoTime() - begin) / 1e6;
  }

  private float[] statistics(JsonNode config, String key) {
    JsonNode list = config.path(key);
    if (!list.isArray() || list.size() != width) {
      throw new ModelException(
          folder.root().resolve("prior/prior/config.json"),
          "prior/prior/config.json wants "
              + key
              + ", a list of "
              + width
              + " numbers; in the reference they are weights of the prior, and a graph does not"
              + " carry them.");
    }
    float[] values = new float[width];
    for (int i = 0; i < width; i++) {
      values[i] = (float) list.get(i).asDouble();
    }
    return values;
  }

  static UnClipPipeline open(ModelFolder folder, SessionConfig config) {
    if (folder.family() != Family.UNCLIP) {
      throw new ModelException(
          folder.root(),
          folder.root()
              + " is a "
              + folder.family().label()
              + " model, not an unCLIP model. UnClipPipeline reads the layout unclip.");
    }
    List<AutoCloseable> opened = new ArrayList<>();
    try {
      return new GraphUnClip(folder, config, opened);
    } catch (RuntimeException e) {
      for (AutoCloseable part : opened) {
        try {
          part.close();
        } catch (Exception second) {
          e.addSuppressed(second);
        }
      }
      throw e;
    }
  }

  private static Graph keep(List<AutoCloseable> opened, Graph graph) {
    opened.add(graph);
    return graph;
  }

  @Override
  public String name() {
    return folder.name();
  }

  @Override
  public Family family() {
    return folder.family();
  }

  @Override
  public StagedResult generate(StagedRequest request) {
    return new UnClipJob(this, request).generate();
  }

  @Override
  public Embeddings prior(StagedRequest request) {
    return new UnClipJob(this, request).prior();
  }

  @Override
  public Embeddings encode(Pixels picture) {
    float[] vector = vector(preparation.values(picture), CancellationToken.none());
    return new Embeddings(1, vector, nothing(1, CancellationToken.none()));
  }

  /** The embedding of a picture of zeros, once for each of {@code count}: what stands for no negative prompt. */
  float[] nothing(int count, CancellationToken token) {
    float[] one = vector(new float[3 * edge * edge], token);
    float[] out = new float[count * one.length];
    for (int b = 0; b < count; b++) {
      System.arraycopy(one, 0, out, b * one.length, one.length);
    }
    return out;
  }

  private float[] vector(float[] pixels, CancellationToken token) {
    try (Tensor values =
            Tensor.floatsAs(
                images.inputs().get("pixel_values").type(), Shape.of(1, 3, edge, edge), pixels);
        Outputs out =
            images.run(
                Collections.singletonMap("pixel_values", values),
                Collections.singleton("image_embeds"),
                token)) {
      return out.get("image_embeds").toFloats();
    }
  }

  /** The prior's numbers to CLIP's. */
  float[] unscaled(float[] x) {
    float[] out = new float[x.length];
    for (int j = 0; j < x.length; j++) {
      out[j] = x[j] * std[j % width] + mean[j % width];
    }
    return out;
  }

  @Override
  public void close() {
    prior.close();
    images.close();
    unet.close();
    movq.close();
    text.close();
  }
}
