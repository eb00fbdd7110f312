package dev.sampo.diffusion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
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
  private static final int T5_LENGTH = 256;
  private static final int FLUX_T5_LENGTH = 512;

  private final ModelFolder folder;
  private final ModelKind kind;
  private final Network network;
  private final JsonNode networkConfig;
  private final @Nullable PictureCoder coder;
  private final @Nullable PromptEncoder prompts;
  private final SchedulerConfig scheduler;
  private final JsonNode card;
  private final String hash;

  private DiffusionModel(
      ModelFolder folder,
      ModelKind kind,
      Network network,
      JsonNode networkConfig,
      @Nullable PictureCoder coder,
      @Nullable PromptEncoder prompts,
      SchedulerConfig scheduler) {
    this.folder = folder;
    this.kind = kind;
    this.network = network;
    this.networkConfig = networkConfig;
    this.coder = coder;
    this.prompts = prompts;
    this.scheduler = scheduler;
    this.card = json(folder, "sampo-card.json");
    this.hash = ModelHash.of(folder.graphFiles());
  }

  ModelFolder folder() {
    return folder;
  }

  static DiffusionModel open(ModelFolder folder, SessionConfig config) {
    ModelKind kind = ModelKind.of(folder);
    List<AutoCloseable> opened = new ArrayList<>();
    try {
      String name = folder.has("transformer") ? "transformer" : "unet";
      JsonNode networkConfig = json(folder, name + "/config.json");
      Network network =
          new Network(
              opened(opened, folder.load(name, config)), name.equals("transformer"), networkConfig);
      PictureCoder coder = folder.has("vae_decoder") ? coder(folder, config, opened) : null;
      PromptEncoder prompts =
          folder.has("text_encoder") ? prompts(folder, config, kind, networkConfig, opened) : null;
      return new DiffusionModel(
          folder, kind, network, networkConfig, coder, prompts, scheduler(folder, kind));
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
        decoder, encoder, vae.isMissingNode() ? json(folder, "vae/config.json") : vae);
  }

  private static PromptEncoder prompts(
      ModelFolder folder,
      SessionConfig config,
      ModelKind kind,
      JsonNode networkConfig,
      List<AutoCloseable> opened) {
    List<TextTower> towers = new ArrayList<>();
    for (String suffix : new String[] {"", "_2", "_3"}) {
      if (!folder.has("text_encoder" + suffix)) {
        continue;
      }
      Graph graph = opened(opened, folder.load("text_encoder" + suffix, config));
      Path tokenizer = folder.root().resolve("tokenizer" + suffix);
      int length = textLength(folder, kind, suffix, graph);
      towers.add(new TextTower(graph, new PromptTokens(Tokenizer.fromFolder(tokenizer), length)));
    }
    JsonNode index = folder.config() == null ? MissingNode.getInstance() : folder.config();
    boolean zeros = index.path("force_zeros_for_empty_prompt").asBoolean(true);
    int joint = networkConfig.path("joint_attention_dim").asInt(4096);
    return new PromptEncoder(kind, towers, zeros, joint);
  }

  /** Positions that a text encoder takes: what its graph fixes, what CLIP's configuration says, or what T5 pipelines use. */
  private static int textLength(ModelFolder folder, ModelKind kind, String suffix, Graph graph) {
    Shape ids = graph.inputs().get("input_ids").shape();
    if (ids.dim(1) > 0) {
      return (int) ids.dim(1);
    }
    JsonNode config = json(folder, "text_encoder" + suffix + "/config.json");
    boolean t5 = config.path("model_type").asText("").contains("t5");
    if (!t5) {
      return config.path("max_position_embeddings").asInt(CLIP_LENGTH);
    }
    return kind == ModelKind.FLUX ? FLUX_T5_LENGTH : T5_LENGTH;
  }

  /** As Stable Diffusion 1's and 2's pipelines, which set {@code steps_offset} to 1 and {@code clip_sample} to false. */
  private static SchedulerConfig scheduler(ModelFolder folder, ModelKind kind) {
    SchedulerConfig config = SchedulerConfig.parse(folder.text("scheduler/scheduler_config.json"));
    if (kind == ModelKind.STABLE_DIFFUSION) {
      if (config.has("steps_offset")) {
        config = config.with("steps_offset", 1);
      }
      if (config.has("clip_sample")) {
        config = config.with("clip_sample", false);
      }
    }
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

  ModelKind kind() {
    return kind;
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
    JsonNode size = networkConfig.path("sample_size");
    if (size.isArray()) {
      return size.get(width ? 1 : 0).asInt() * factor();
    }
    int positions =
        size.asInt(kind == ModelKind.FLUX || kind == ModelKind.STABLE_DIFFUSION_3 ? 128 : 64);
    return positions * factor();
  }

  Latents decode(Latents latents, int tilePx, CancellationToken token) {
    return coder == null ? latents : coder.decode(latents, tilePx, token);
  }

  // ---- what the card of a shipped model says

  int nullClass() {
    JsonNode node = card.path("class_conditioning").path("null_class");
    if (node.isInt()) {
      return node.asInt();
    }
    // DiT's last embedding stands for no class.
    return kind == ModelKind.DIT ? networkConfig.path("num_embeds_ada_norm").asInt(1000) : -1;
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
    if (node.isNumber()) {
      return node.asDouble();
    }
    return kind == ModelKind.PIXEL ? 1.0 : kind.guidanceScale();
  }

  int defaultSteps() {
    return card.path("defaults").path("num_inference_steps").asInt(kind.steps());
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
