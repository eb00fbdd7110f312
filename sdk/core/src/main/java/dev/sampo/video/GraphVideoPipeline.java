package dev.sampo.video;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.internal.PromptReader;
import dev.sampo.internal.SchedulerFiles;
import dev.sampo.internal.Sizes;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A video model of ONNX graphs: its parts, and what its configuration files say. Immutable; owns the graphs. */
final class GraphVideoPipeline implements VideoPipeline {
  final VideoArchitecture architecture;
  final PromptReader text;
  final Graph transformer;

  /** For times below the boundary, or null. */
  final @Nullable Graph transformer2;

  /** The time from which on the first Transformer is asked; 0 where there is one only. */
  final double boundary;

  final VideoCoder coder;
  final int channels;
  final double loadMillis;
  final ModelFolder folder;
  private final SchedulerConfig scheduler;

  private GraphVideoPipeline(ModelFolder folder, SessionConfig config, List<AutoCloseable> opened) {
    long begin = System.nanoTime();
    this.folder = folder;
    JsonNode network = folder.jsonOrEmpty("transformer/config.json");
    JsonNode vae = folder.jsonOrEmpty("vae_decoder/config.json");
    boolean ltx = folder.graph("transformer").hasInput("rope_interpolation_scale");
    this.architecture = ltx ? Ltx.of(vae, folder.root()) : Wan.of(network, vae, folder.root());
    this.transformer = keep(opened, folder.load("transformer", config));
    this.transformer2 =
        folder.has("transformer_2") ? keep(opened, folder.load("transformer_2", config)) : null;
    this.channels =
        Sizes.stated(
            network,
            folder.root().resolve("transformer/config.json"),
            "in_channels",
            ltx ? 128 : 16,
            Sizes.MOST_CHANNELS);
    double ratio = folder.config() == null ? 0 : folder.config().path("boundary_ratio").asDouble(0);
    this.scheduler = SchedulerFiles.read(folder, SchedulerFiles.USUAL);
    this.boundary =
        transformer2 == null ? 0 : ratio * scheduler.integer("num_train_timesteps", 1000);
    if (transformer2 != null && ratio <= 0) {
      throw new ModelException(
          folder.root().resolve("model_index.json"),
          "The model has two transformers, but its model_index.json names no boundary_ratio, the"
              + " time at which the second one takes over.");
    }
    Graph encoder = keep(opened, folder.load("text_encoder", config));
    this.text = new PromptReader(encoder, Tokenizer.fromFolder(folder.root().resolve("tokenizer")));
    Graph decoder = keep(opened, folder.load("vae_decoder", config));
    this.coder = new VideoCoder(folder, decoder, vae, channels, architecture.spatial());
    this.loadMillis = (System.nanoTime() - begin) / 1e6;
  }

  static VideoPipeline open(ModelFolder folder, SessionConfig config) {
    if (folder.family() != Family.TEXT_TO_VIDEO) {
      throw new ModelException(
          folder.root(),
          folder.root()
              + " is a "
              + folder.family().label()
              + " model, not a video model. VideoPipeline reads the layout text-to-video.");
    }
    List<AutoCloseable> opened = new ArrayList<>();
    try {
      return new GraphVideoPipeline(folder, config, opened);
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
  public VideoResult generate(VideoRequest request) {
    return new VideoJob(this, request).generate();
  }

  @Override
  public SchedulerConfig schedulerConfig() {
    return scheduler;
  }

  @Override
  public boolean takesText() {
    return true;
  }

  @Override
  public List<String> classes() {
    return Collections.emptyList();
  }

  @Override
  public int sizeMultiplePx() {
    return architecture.spatial() * architecture.patch();
  }

  @Override
  public int frameMultiple() {
    return architecture.temporal();
  }

  @Override
  public void close() {
    transformer.close();
    if (transformer2 != null) {
      transformer2.close();
    }
    text.close();
    coder.close();
  }
}
