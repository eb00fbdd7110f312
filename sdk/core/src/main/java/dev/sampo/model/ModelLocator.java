package dev.sampo.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.runtime.ForeignFiles;
import dev.sampo.runtime.OnnxFile;
import dev.sampo.runtime.SafePaths;
import dev.sampo.specs.GraphDescription;
import dev.sampo.specs.GraphSpec;
import dev.sampo.specs.SampoCard;
import dev.sampo.specs.SampoJson;
import dev.sampo.specs.Spec;
import dev.sampo.specs.SpecException;
import dev.sampo.specs.TensorDescription;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what a path is. In this order: a single file; a folder with {@code sampo.json}; diffusers ({@code model_index.json}, {@code
 * unet/}, {@code transformer/}); Optimum and bare recurrent folders, by the names of their graphs, the signature of {@code model.onnx} and
 * {@code config.json}.
 *
 * <p>A long file because the order in which the layouts are tried is what it is about, and one layout's names are the next one's exceptions.
 */
final class ModelLocator {
  /** What tools and people append to a graph's name: its type of numbers, how far it was optimized, what it is for. */
  private static final Pattern SUFFIX =
      Pattern.compile(
          "(_(fp16|bf16|fp32|fp8|float16|half|q?u?int[48]|quantized|quant|bnb4|q[0-9]+(f16)?|k|awq|gptq|rtn"
              + "|optimi[sz]ed|opt|o[1-4]|simplified|sim|avx2?|avx512|vnni|arm64|amd64|x64|cpu|cuda|gpu|mobile"
              + "|dynamic|static|block[0-9]+|w[0-9]+a[0-9]+))+",
          Pattern.CASE_INSENSITIVE);

  private static final String LOOKED_FOR =
      "Looked for sampo.json; model_index.json, unet/model.onnx, transformer/model.onnx;"
          + " model.onnx, decoder_model_merged.onnx, encoder_model.onnx with decoder_model.onnx,"
          + " text_model.onnx, vision_model.onnx, encoder.onnx with decoder_step.onnx, here and in"
          + " onnx/, also with a suffix such as _fp16.";

  private final Path path;
  private final String variant;
  private Path root;

  ModelLocator(Path path, String variant) {
    this.path = path;
    this.variant = variant;
    this.root = path;
  }

  ModelFolder locate() {
    if (!Files.exists(path)) {
      throw new ModelException(
          path,
          "Model "
              + path
              + " does not exist. Give a folder or an .onnx file; `sampo models` lists those that"
              + " ship.");
    }
    if (!Files.isDirectory(path)) {
      return single();
    }
    checkTokenizer();
    if (Files.isRegularFile(root.resolve("sampo.json"))) {
      return sampo();
    }
    ModelFolder genai = genai();
    if (genai != null) {
      return genai;
    }
    if (has("stage_1/unet/model.onnx")) {
      return folder(
          Family.PIXEL_CASCADE,
          graphs(Family.PIXEL_CASCADE),
          jsonIfPresent("stage_1/model_index.json"));
    }
    if (has("prior/prior/model.onnx")) {
      return folder(
          Family.UNCLIP, graphs(Family.UNCLIP), jsonIfPresent("decoder/model_index.json"));
    }
    if (Files.isRegularFile(root.resolve("model_index.json"))
        || has("unet/model.onnx")
        || has("transformer/model.onnx")) {
      return diffusers();
    }
    ModelFolder found = optimum();
    if (found != null) {
      return found;
    }
    Path made = GraphMakers.make(path);
    if (made != null) {
      return new ModelLocator(made, variant).locate();
    }
    String foreign = GraphMakers.hint(path).isEmpty() ? ForeignFolders.describe(path) : null;
    if (foreign != null) {
      throw new ModelException(path, "No model in " + path + ". " + foreign);
    }
    throw new ModelException(
        path,
        "No model in "
            + path
            + ". "
            + LOOKED_FOR
            + " The folder holds "
            + listing(path)
            + "."
            + GraphMakers.hint(path)
            + " A folder of other graphs needs a sampo.json; see docs/specs.md.");
  }

  // ---- one file

  private ModelFolder single() {
    OnnxFile file = OnnxFile.read(path);
    Path parent = path.toAbsolutePath().getParent();
    root = parent == null ? path.toAbsolutePath() : parent;
    if (root.endsWith("onnx") && Files.isRegularFile(root.resolveSibling("config.json"))) {
      root = root.getParent();
    }
    String fileName = String.valueOf(path.getFileName());
    ModelGraph graph =
        new ModelGraph("graph", file, Collections.emptyMap(), Collections.emptyMap());
    return new ModelFolder(
        root,
        fileName,
        Family.GRAPH,
        Collections.singletonMap("graph", graph),
        jsonIfPresent("config.json"),
        null,
        null);
  }

  // ---- sampo.json

  private ModelFolder sampo() {
    Path file = root.resolve("sampo.json");
    SampoJson json;
    try {
      json = SampoJson.parse(ModelFiles.text(file), file.toString());
    } catch (SpecException e) {
      throw new ModelException(file, e.getMessage() + ". See docs/specs.md.", e);
    }
    Map<String, ModelGraph> graphs = new LinkedHashMap<>();
    for (Map.Entry<String, SampoJson.GraphFile> e : json.graphs().entrySet()) {
      SampoJson.GraphFile entry = e.getValue();
      Path onnx = SafePaths.resolve(root, entry.file(), "graph '" + e.getKey() + "' in " + file);
      if (!Files.isRegularFile(onnx)) {
        throw new ModelException(
            onnx,
            "Model file "
                + onnx
                + ", which "
                + file
                + " names as graph '"
                + e.getKey()
                + "', does not exist. The folder holds "
                + listing(root)
                + ". Correct the name or export the graph again.");
      }
      OnnxFile read = OnnxFile.read(onnx);
      checkMapped(file, e.getKey(), "input", entry.inputs(), read.description().inputs().keySet());
      checkMapped(
          file, e.getKey(), "output", entry.outputs(), read.description().outputs().keySet());
      graphs.put(e.getKey(), graph(Family.of(json.spec()), e.getKey(), read, entry));
    }
    return new ModelFolder(
        root,
        json.name(),
        Family.of(json.spec()),
        graphs,
        jsonIfPresent("config.json"),
        json,
        card());
  }

  private static ModelGraph graph(
      Family family, String name, OnnxFile file, SampoJson.GraphFile entry) {
    Spec spec = family.spec();
    GraphSpec wanted = spec == null ? null : spec.graphs().get(name);
    if (wanted == null) {
      return new ModelGraph(name, file, entry.inputs(), entry.outputs());
    }
    GraphDescription is = file.description();
    return new ModelGraph(
        name,
        file,
        Positions.names(wanted.inputs(), is.inputs(), entry.inputs()),
        Positions.names(wanted.outputs(), is.outputs(), entry.outputs()));
  }

  private static void checkMapped(
      Path file, String graph, String kind, Map<String, String> names, Iterable<String> there) {
    List<String> known = new ArrayList<>();
    there.forEach(known::add);
    for (Map.Entry<String, String> e : names.entrySet()) {
      if (!known.contains(e.getValue())) {
        throw new ModelException(
            file,
            file
                + " says that graph '"
                + graph
                + "' calls the "
                + kind
                + " '"
                + e.getKey()
                + "' '"
                + e.getValue()
                + "', but the graph has only "
                + known);
      }
    }
  }

  // ---- onnxruntime-genai

  private @Nullable ModelFolder genai() {
    JsonNode json = jsonIfPresent(GenaiFolder.FILE);
    if (json == null) {
      return null;
    }
    GenaiFolder genai = new GenaiFolder(root, json);
    if (!genai.isDecoder()) {
      return null;
    }
    Map<String, ModelGraph> graphs = Collections.singletonMap("model", genai.decoder());
    return folder(Family.DECODER_ONLY, graphs, genai.config(jsonIfPresent("config.json")));
  }

  // ---- diffusers

  private ModelFolder diffusers() {
    boolean transformer = has("transformer/model.onnx");
    if (transformer && isVideo()) {
      return folder(
          Family.TEXT_TO_VIDEO, graphs(Family.TEXT_TO_VIDEO), jsonIfPresent("model_index.json"));
    }
    boolean latent =
        Files.isDirectory(root.resolve("vae_decoder")) || has("text_encoder/model.onnx");
    if (!transformer && !latent && hasFrames("unet/model.onnx", "sample")) {
      return folder(
          Family.VIDEO_UNET, graphs(Family.VIDEO_UNET), jsonIfPresent("model_index.json"));
    }
    Family family =
        transformer
            ? Family.DIFFUSION_TRANSFORMER
            : latent ? Family.LATENT_DIFFUSION : Family.DIFFUSION_UNET;
    JsonNode index = jsonIfPresent("model_index.json");
    return folder(family, graphs(family), index);
  }

  /** Whether the Transformer's sample has frames, or it is told how many there are. */
  private boolean isVideo() {
    Path file = find("transformer/model.onnx");
    if (file == null) {
      return false;
    }
    Map<String, TensorDescription> inputs = OnnxFile.read(file).description().inputs();
    TensorDescription sample = inputs.get("hidden_states");
    return inputs.containsKey("rope_interpolation_scale")
        || (sample != null && sample.dims().size() == 5);
  }

  /** Whether a graph's sample is a clip. */
  private boolean hasFrames(String graph, String input) {
    Path file = find(graph);
    if (file == null) {
      return false;
    }
    TensorDescription sample = OnnxFile.read(file).description().inputs().get(input);
    return sample != null && sample.dims().size() == 5;
  }

  // ---- Optimum and bare recurrent folders

  private @Nullable ModelFolder optimum() {
    JsonNode config = jsonIfPresent("config.json");
    Family family = optimumFamily(config);
    return family == null ? null : folder(family, graphs(family), config);
  }

  private @Nullable Family optimumFamily(@Nullable JsonNode config) {
    String type = config == null ? "" : config.path("model_type").asText("");
    if (type.equals("musicgen") && has("decoder_model_merged.onnx")) {
      return Family.MUSICGEN;
    }
    if (type.equals("vits") && (has("model.onnx") || has("model_with_noise.onnx"))) {
      return Family.VITS;
    }
    if (type.equals("speecht5") && has("decoder_postnet_and_vocoder.onnx")) {
      return Family.SPEECHT5;
    }
    if (has("decoder_step.onnx") || (has("encoder.onnx") && config != null && config.has("cell"))) {
      return Family.ATTENTION_SEQ2SEQ;
    }
    boolean encoderDecoder = config != null && config.path("is_encoder_decoder").asBoolean(false);
    if (has("encoder_model.onnx")
        && (has("decoder_model.onnx") || has("decoder_model_merged.onnx") || encoderDecoder)) {
      return Family.ENCODER_DECODER;
    }
    if (has("text_model.onnx") || has("vision_model.onnx")) {
      return Family.CLIP;
    }
    if (has("model.onnx")) {
      return bySignature(config);
    }
    if (has("decoder_model_merged.onnx")
        || has("decoder_with_past_model.onnx")
        || has("decoder_model.onnx")) {
      return encoderDecoder ? Family.ENCODER_DECODER : Family.DECODER_ONLY;
    }
    if (has("encoder_model.onnx")) {
      return encoderDecoder ? Family.ENCODER_DECODER : Family.ENCODER;
    }
    return null;
  }

  /** What {@code model.onnx} is: by its inputs, then by the architecture that {@code config.json} names. */
  private Family bySignature(@Nullable JsonNode config) {
    Path file = find("model.onnx");
    GraphDescription graph =
        file == null
            ? new GraphDescription(Collections.emptyMap(), Collections.emptyMap())
            : OnnxFile.read(file).description();
    if (config != null && config.has("vocab") && config.has("cell")) {
      return Family.RNN_LM;
    }
    if (graph.inputs().containsKey("h0")) {
      return Family.RNN_LM;
    }
    if (graph.inputs().containsKey("pixel_values") && graph.inputs().containsKey("input_ids")) {
      return Family.CLIP;
    }
    for (String input : graph.inputs().keySet()) {
      if (input.startsWith("past_key_values.")) {
        // A decoder that was exported for embeddings gives no scores.
        return graph.outputs().containsKey("logits")
                || !graph.outputs().containsKey("last_hidden_state")
            ? Family.DECODER_ONLY
            : Family.ENCODER;
      }
    }
    if (config != null) {
      for (JsonNode architecture : config.path("architectures")) {
        String name = architecture.asText();
        if (name.endsWith("ForCausalLM") || name.endsWith("LMHeadModel")) {
          return Family.DECODER_ONLY;
        }
      }
    }
    return isWindow(graph) ? Family.RNN_LM : Family.ENCODER;
  }

  /** A language model that reads a window of ids and nothing else, and scores what comes next, as Keras' are. */
  private static boolean isWindow(GraphDescription graph) {
    TensorDescription ids = graph.inputs().get("input_ids");
    TensorDescription logits = graph.outputs().get("logits");
    return graph.inputs().size() == 1
        && ids != null
        && ids.dims().size() == 2
        && logits != null
        && logits.dims().size() == 2;
  }

  // ---- files

  private ModelFolder folder(
      Family family, Map<String, ModelGraph> graphs, @Nullable JsonNode config) {
    SampoCard card = card();
    Path absolute = root.toAbsolutePath().normalize();
    String name = card != null ? card.name() : String.valueOf(absolute.getFileName());
    return new ModelFolder(root, name, family, graphs, config, null, card);
  }

  private Map<String, ModelGraph> graphs(Family family) {
    Spec spec = family.spec();
    Map<String, ModelGraph> graphs = new LinkedHashMap<>();
    if (spec == null) {
      return graphs;
    }
    for (GraphSpec graph : spec.graphs().values()) {
      for (String candidate : graph.files()) {
        Path file = find(candidate);
        if (file != null) {
          graphs.put(
              graph.name(),
              new ModelGraph(
                  graph.name(),
                  OnnxFile.read(file),
                  Collections.emptyMap(),
                  Collections.emptyMap()));
          break;
        }
      }
    }
    if (graphs.isEmpty()) {
      String foreign = ForeignFolders.describe(path);
      if (foreign != null) {
        throw new ModelException(
            path, "No graph in " + path + ", which looks like " + family.label() + ". " + foreign);
      }
      throw new ModelException(
          path,
          "No graph in "
              + path
              + ", which looks like "
              + family.label()
              + ". "
              + LOOKED_FOR
              + " The folder holds "
              + listing(path)
              + ".");
    }
    requireVariant(graphs);
    return graphs;
  }

  /** A variant that was asked for must be there for at least one graph. */
  private void requireVariant(Map<String, ModelGraph> graphs) {
    if (variant.isEmpty()) {
      return;
    }
    for (ModelGraph graph : graphs.values()) {
      if (graph.path().toString().endsWith("_" + variant + ".onnx")) {
        return;
      }
    }
    throw new ModelException(
        path,
        "No graph of "
            + path
            + " has the variant '"
            + variant
            + "' (a file such as model_"
            + variant
            + ".onnx). The folder holds "
            + listing(path)
            + ".");
  }

  private boolean has(String file) {
    return find(file) != null;
  }

  /**
   * The file of a graph: with the variant's suffix, else plain, here, else in {@code onnx/}; if there is neither, the only one with any
   * suffix that tools and people give.
   */
  private @Nullable Path find(String file) {
    List<String> places =
        file.contains("/") ? Collections.singletonList(file) : Arrays.asList(file, "onnx/" + file);
    if (!variant.isEmpty()) {
      for (String place : places) {
        Path asked = onlyOne(place, variants(place, "_" + variant));
        if (asked != null) {
          return asked;
        }
      }
    }
    for (String place : places) {
      Path plain = root.resolve(place);
      if (Files.isRegularFile(plain)) {
        SafePaths.checkLink(root, plain, "model " + root);
        return plain;
      }
    }
    if (variant.isEmpty()) {
      for (String place : places) {
        Path only = onlyOne(place, variants(place, ""));
        if (only != null) {
          return only;
        }
      }
    }
    return null;
  }

  /** Files of a graph with a suffix: {@code model_fp16.onnx}, {@code model_optimized_O2.onnx}; those that end as asked. */
  private TreeSet<Path> variants(String place, String ending) {
    Path plain = root.resolve(place);
    Path folder = plain.getParent();
    TreeSet<Path> found = new TreeSet<>();
    if (folder == null || !Files.isDirectory(folder)) {
      return found;
    }
    String stem = String.valueOf(plain.getFileName()).replace(".onnx", "");
    Path exact = folder.resolve(stem + ending + ".onnx");
    if (!ending.isEmpty() && Files.isRegularFile(exact)) {
      found.add(exact);
      return found;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, stem + "_*.onnx")) {
      for (Path f : files) {
        String suffix = String.valueOf(f.getFileName()).substring(stem.length());
        suffix = suffix.substring(0, suffix.length() - ".onnx".length());
        if (SUFFIX.matcher(suffix).matches() && suffix.endsWith(ending)) {
          found.add(f);
        }
      }
    } catch (IOException e) {
      throw new ModelException(
          folder, "Folder " + folder + " cannot be read: " + e.getMessage(), e);
    }
    return found;
  }

  private @Nullable Path onlyOne(String place, TreeSet<Path> found) {
    if (found.size() > 1) {
      Path plain = root.resolve(place);
      Path folder = plain.getParent();
      throw new ModelException(
          folder == null ? root : folder,
          "Folder "
              + folder
              + " has no "
              + plain.getFileName()
              + " but several variants: "
              + names(found)
              + ". Say which: fp16, int8, quantized, q4 and so on (--variant on the command line).");
    }
    if (found.isEmpty()) {
      return null;
    }
    SafePaths.checkLink(root, found.first(), "model " + root);
    return found.first();
  }

  private @Nullable JsonNode jsonIfPresent(String relative) {
    Path file = root.resolve(relative);
    if (!Files.isRegularFile(file)) {
      return null;
    }
    SafePaths.checkLink(root, file, "model " + root);
    return ModelFiles.json(file);
  }

  private @Nullable SampoCard card() {
    Path file = root.resolve("sampo-card.json");
    if (!Files.isRegularFile(file)) {
      return null;
    }
    SafePaths.checkLink(root, file, "model " + root);
    try {
      return SampoCard.parse(ModelFiles.text(file), file.toString());
    } catch (SpecException e) {
      throw new ModelException(file, e.getMessage(), e);
    }
  }

  /** An empty tokenizer.json is found here, not at the first prompt. */
  private void checkTokenizer() {
    for (String name : Arrays.asList("tokenizer.json", "tokenizer/tokenizer.json")) {
      Path file = root.resolve(name);
      if (Files.isRegularFile(file) && file.toFile().length() == 0) {
        throw new ModelException(
            file, "File " + file + " is empty. Copy it again from where the model came from.");
      }
      String is = Files.isRegularFile(file) ? ForeignFiles.describe(file) : null;
      if (is != null) {
        throw new ModelException(file, "File " + file + " " + is);
      }
    }
  }

  private static String listing(Path folder) {
    TreeSet<Path> files = new TreeSet<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        files.add(entry);
      }
    } catch (IOException e) {
      return "nothing that can be read (" + e.getMessage() + ")";
    }
    return files.isEmpty() ? "nothing" : names(files);
  }

  private static String names(TreeSet<Path> files) {
    List<String> names = new ArrayList<>();
    for (Path file : files) {
      if (names.size() == 20) {
        names.add("...");
        break;
      }
      names.add(String.valueOf(file.getFileName()));
    }
    return names.toString();
  }
}
