package dev.sampo.diffusion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sampo.diffusion.architecture.Architecture;
import dev.sampo.error.RequestException;
import dev.sampo.internal.PromptTokens;
import dev.sampo.internal.SchedulerFiles;
import dev.sampo.internal.Sizes;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The loaded parts of a diffusion model and what its configuration files say. Immutable; owns the graphs. */
final class DiffusionModel implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DiffusionModel.class);
  private static final int CLIP_LENGTH = 77;

  private final ModelFolder folder;
  private final Architecture architecture;
  private final Network network;
  private final JsonNode networkConfig;
  private final @Nullable PictureCoder coder;
  private final @Nullable PromptEncoder prompts;
  private final SchedulerConfig scheduler;
  private final JsonNode card;
  private final String hash;
  private final ValueRange range;
  private final double loadMillis;

  private DiffusionModel(
      ModelFolder folder,
      Architecture architecture,
      Network network,
      JsonNode networkConfig,
      @Nullable PictureCoder coder,
      @Nullable PromptEncoder prompts,
      SchedulerConfig scheduler,
      long begin) {
    this.folder = folder;
    this.architecture = architecture;
    this.network = network;
    this.networkConfig = networkConfig;
    this.coder = coder;
    this.prompts = prompts;
    this.scheduler = scheduler;
    this.card = json(folder, "sampo-card.json");
    this.range = coder == null ? ValueRange.of(folder) : ValueRange.DIFFUSERS;
    this.hash = ModelHash.of(folder.graphFiles());
    this.loadMillis = (System.nanoTime() - begin) / 1e6;
  }

  ModelFolder folder() {
    return folder;
  }

  static DiffusionModel open(ModelFolder folder, SessionConfig config) {
    long begin = System.nanoTime();
    List<AutoCloseable> opened = new ArrayList<>();
    try {
      String name = folder.has("transformer") ? "transformer" : "unet";
      JsonNode networkConfig = json(folder, name + "/config.json");
      Architecture architecture = Architecture.of(folder, networkConfig);
      Network network =
          new Network(
              opened(opened, folder.load(name, config)),
              name.equals("transformer"),
              architecture,
              networkConfig);
      PictureCoder coder = folder.has("vae_decoder") ? coder(folder, config, opened) : null;
      PromptEncoder prompts =
          folder.has("text_encoder") ? prompts(folder, config, architecture, opened) : null;
      return new DiffusionModel(
          folder,
          architecture,
          network,
          networkConfig,
          coder,
          prompts,
          scheduler(folder, architecture),
          begin);
    } catch (RuntimeException e) {
      for (AutoCloseable part : opened) {
        closeAfter(part, e);
      }
      throw e;
    }
  }

  private static Graph opened(List<AutoCloseable> opened, Graph graph) {
    opened.add(graph);
    return graph;
  }

  private static void closeAfter(AutoCloseable part, RuntimeException cause) {
    try {
      part.close();
    } catch (Exception e) {
      cause.addSuppressed(e);
    }
  }

  private static PictureCoder coder(
      ModelFolder folder, SessionConfig config, List<AutoCloseable> opened) {
    Graph decoder = opened(opened, folder.load("vae_decoder", config));
    Graph encoder =
        folder.has("vae_encoder") ? opened(opened, folder.load("vae_encoder", config)) : null;
    JsonNode vae = json(folder, "vae_decoder/config.json");
    return new PictureCoder(
        folder.root(),
        decoder,
        encoder,
        vae.isMissingNode() ? json(folder, "vae/config.json") : vae);
  }

  private static PromptEncoder prompts(
      ModelFolder folder,
      SessionConfig config,
      Architecture architecture,
      List<AutoCloseable> opened) {
    List<TextTower> towers = new ArrayList<>();
    for (String suffix : new String[] {"", "_2", "_3"}) {
      if (!folder.has("text_encoder" + suffix)) {
        continue;
      }
      Graph graph = opened(opened, folder.load("text_encoder" + suffix, config));
      Path tokenizer = folder.root().resolve("tokenizer" + suffix);
      int length = textLength(folder, architecture, suffix, graph);
      towers.add(new TextTower(graph, new PromptTokens(Tokenizer.fromFolder(tokenizer), length)));
    }
    return new PromptEncoder(architecture, towers);
  }

  /** Positions that a text encoder takes: what its graph fixes, what CLIP's configuration says, or what T5 pipelines use. */
  private static int textLength(
      ModelFolder folder, Architecture architecture, String suffix, Graph graph) {
    Shape ids = graph.inputs().get("input_ids").shape();
    if (ids.dim(1) > 0) {
      return (int) ids.dim(1);
    }
    JsonNode config = json(folder, "text_encoder" + suffix + "/config.json");
    boolean t5 = config.path("model_type").asText("").contains("t5");
    if (!t5) {
      return config.path("max_position_embeddings").asInt(CLIP_LENGTH);
    }
    return architecture.t5Length();
  }

  private static SchedulerConfig scheduler(ModelFolder folder, Architecture architecture) {
    SchedulerConfig config =
        SchedulerFiles.read(folder, SchedulerFiles.USUAL, architecture::scheduler);
    List<String> unknown = config.unknownKeys();
    if (!unknown.isEmpty()) {
      LOG.warn(
          "{}: keys of scheduler_config.json that no scheduler knows: {}", folder.root(), unknown);
    }
    return config;
  }

  private static JsonNode json(ModelFolder folder, String file) {
    JsonNode node = folder.jsonIfPresent(file);
    return node == null ? MissingNode.getInstance() : node;
  }

  Architecture architecture() {
    return architecture;
  }

  Network network() {
    return network;
  }

  JsonNode networkConfig() {
    return networkConfig;
  }

  SchedulerConfig schedulerConfig() {
    return scheduler;
  }

  String name() {
    return folder.name();
  }

  String hash() {
    return hash;
  }

  /** What opening took. */
  double loadMillis() {
    return loadMillis;
  }

  /** The numbers of pictures, in front of the encoder and behind the decoder or the loop. */
  ValueRange range() {
    return range;
  }

  boolean takesText() {
    return prompts != null;
  }

  boolean takesClasses() {
    return network.takes("class_labels");
  }

  /** The encoder, or an error that says what is missing. */
  PromptEncoder promptEncoder() {
    PromptEncoder encoder = prompts;
    if (encoder == null) {
      throw new RequestException(
          "prompt",
          "The model "
              + name()
              + " takes no prompts: it has no text encoder."
              + (takesClasses() ? " Give a class label." : ""));
    }
    return encoder;
  }

  @Nullable PictureCoder coder() {
    return coder;
  }

  /** Channels of the sample that is denoised, without a mask's. */
  int sampleChannels() {
    return coder == null ? network.channels() : coder.latentChannels();
  }

  /** Pixels of a position of the sample, in each direction. */
  int factor() {
    return coder == null ? 1 : coder.factor();
  }

  int sizeMultiplePx() {
    // Packed networks take pairs of positions.
    return factor() * (network.isPacked() ? 2 : 1);
  }

  /** Pixels of a side unless the request says otherwise. */
  int defaultPx(boolean width) {
    Shape in = network.graph().inputs().get(network.sampleName()).shape();
    long fixed = in.rank() == 4 ? in.dim(width ? 3 : 2) : -1;
    if (fixed > 0) {
      return (int) fixed * factor();
    }
    Path file =
        folder
            .root()
            .resolve((folder.has("transformer") ? "transformer" : "unet") + "/config.json");
    int usual = architecture.defaultPositions();
    return Sizes.side(networkConfig, file, "sample_size", width, usual) * factor();
  }

  PictureBatch decode(PictureBatch latents, int tilePx, CancellationToken token) {
    return coder == null ? latents : coder.decode(latents, tilePx, token);
  }

  // ---- what the card of a shipped model says

  int nullClass() {
    JsonNode node = card.path("class_conditioning").path("null_class");
    if (node.isInt()) {
      return node.asInt();
    }
    return architecture.nullClass();
  }

  /** Number of classes that can be asked for, or -1 if nothing says so. */
  int classCount() {
    JsonNode node = card.path("class_conditioning").path("num_classes");
    if (node.isInt()) {
      return node.asInt();
    }
    int embeddings = networkConfig.path("num_class_embeds").asInt(-1);
    return embeddings > 0 ? embeddings : networkConfig.path("num_embeds_ada_norm").asInt(-1);
  }

  List<String> classNames() {
    List<String> names = new ArrayList<>();
    for (JsonNode name : card.path("class_conditioning").path("classes")) {
      names.add(name.asText());
    }
    return names;
  }

  double defaultGuidance() {
    JsonNode node = card.path("defaults").path("guidance_scale");
    return node.isNumber() ? node.asDouble() : architecture.guidanceScale();
  }

  int defaultSteps() {
    return card.path("defaults").path("num_inference_steps").asInt(architecture.steps());
  }

  @Override
  public void close() {
    network.close();
    if (coder != null) {
      coder.close();
    }
    if (prompts != null) {
      prompts.close();
    }
  }
}
