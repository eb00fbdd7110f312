package dev.sampo.hub;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which files of a repository a model needs: configuration and tokenizers; of the graphs those of one variant, with their external data;
 * where there is no graph, the weights as safetensors. Never the same weights twice (PyTorch's, TensorFlow's and Flax's are left out).
 */
final class FileChoice {
  /** Small files that describe a model, by their endings. */
  private static final List<String> DESCRIBING =
      List.of(".json", ".txt", ".jinja", ".model", ".spm", ".vocab");

  private static final long DESCRIBING_MAX_BYTES = 64L << 20;

  /** Endings of graph names that stand for another number format or optimization of the same graph, as exporters write them. */
  private static final Pattern VARIANT =
      Pattern.compile(
          "(?i)^(.*?)[_.-]((?:fp16|fp32|bf16|int8|uint8|int4|q4|q4f16|q8|q8f16|bnb4|quantized|optimized|O[1-4]|qint8|quint8|qnt)(?:[_.-].*)?)$");

  /** Parts of a folder of graphs that need not be fetched where their merged twin is there. */
  private static final Set<String> MERGED_TWINS =
      Set.of("decoder_model", "decoder_with_past_model");

  private final String name;
  private final List<HubFile> files;
  private final String variant;

  FileChoice(String name, List<HubFile> files, String variant) {
    this.name = name;
    this.files = files;
    this.variant = variant;
  }

  /** Files that match one of the globs, as a shell matches them; {@code *} crosses folders, as in Python's fnmatch. */
  static List<HubFile> matching(String name, List<HubFile> files, List<String> globs) {
    List<HubFile> chosen = new ArrayList<>();
    List<PathMatcher> matchers = new ArrayList<>();
    for (String glob : globs) {
      String crossing = glob.replace("**", "*").replace("*", "**");
      matchers.add(FileSystems.getDefault().getPathMatcher("glob:" + crossing));
    }
    for (HubFile file : files) {
      if (matchers.stream().anyMatch(m -> m.matches(Path.of(file.path())))) {
        chosen.add(file);
      }
    }
    if (chosen.isEmpty()) {
      throw new HubException(
          name + " has no file that matches " + globs + ". It has " + paths(files) + ".");
    }
    return chosen;
  }

  List<HubFile> choose() {
    Set<HubFile> chosen = new LinkedHashSet<>();
    Map<String, List<HubFile>> graphs = new TreeMap<>();
    for (HubFile file : files) {
      String lower = file.path().toLowerCase(Locale.ROOT);
      if (lower.endsWith(".onnx")) {
        graphs.computeIfAbsent(folder(file.path()), f -> new ArrayList<>()).add(file);
      } else if (describes(file, lower)) {
        chosen.add(file);
      }
    }
    if (graphs.isEmpty()) {
      chosen.addAll(weights());
    } else {
      boolean any = false;
      for (List<HubFile> folder : graphs.values()) {
        List<HubFile> some = graphs(folder);
        any |= !some.isEmpty();
        chosen.addAll(some);
      }
      if (!any) {
        throw new HubException(
            name + " has no graphs of variant '" + variant + "'. It has " + variants(graphs) + ".");
      }
    }
    List<HubFile> ordered = new ArrayList<>(files);
    ordered.retainAll(chosen);
    return Collections.unmodifiableList(ordered);
  }

  private static boolean describes(HubFile file, String lower) {
    boolean ending = DESCRIBING.stream().anyMatch(lower::endsWith);
    // The index of PyTorch's own shards leads to files that are not fetched.
    return ending
        && file.sizeBytes() <= DESCRIBING_MAX_BYTES
        && !lower.endsWith(".bin.index.json")
        && !lower.startsWith("original/");
  }

  /** The graphs of one folder in the wanted variant; where a graph is not there in it, none of that graph. */
  private List<HubFile> graphs(List<HubFile> folder) {
    Map<String, List<HubFile>> byGraph = new TreeMap<>();
    for (HubFile file : folder) {
      byGraph.computeIfAbsent(stem(file.path()), s -> new ArrayList<>()).add(file);
    }
    Set<String> stems = new TreeSet<>(byGraph.keySet());
    if (stems.contains("decoder_model_merged")) {
      stems.removeAll(MERGED_TWINS);
    }
    List<HubFile> chosen = new ArrayList<>();
    for (String stem : stems) {
      for (HubFile file : byGraph.get(stem)) {
        if (wanted(file, byGraph.get(stem))) {
          chosen.add(file);
          chosen.addAll(externalData(file));
        }
      }
    }
    return chosen;
  }

  private boolean wanted(HubFile file, List<HubFile> sameGraph) {
    String own = variantOf(file.path());
    if (!variant.isEmpty()) {
      return own.equalsIgnoreCase(variant);
    }
    // Without a plain one the only one there is, whatever it is called.
    return own.isEmpty() || sameGraph.size() == 1;
  }

  private List<HubFile> externalData(HubFile graph) {
    String stem = graph.path().substring(0, graph.path().length() - ".onnx".length());
    List<HubFile> data = new ArrayList<>();
    for (HubFile file : files) {
      String path = file.path();
      if (path.startsWith(graph.path() + "_data")
          || path.startsWith(graph.path() + ".data")
          || path.equals(stem + ".data")
          || path.equals(stem + ".onnx_data")
          || data(path, folder(graph.path()))) {
        data.add(file);
      }
    }
    return data;
  }

  /** Files that exporters name after tensors ({@code model.weight}, {@code onnx__MatMul_123}) beside the only graph of a folder. */
  private boolean data(String path, String folder) {
    long graphs =
        files.stream()
            .filter(f -> f.path().endsWith(".onnx") && folder(f.path()).equals(folder))
            .count();
    String file = path.substring(path.lastIndexOf('/') + 1);
    return graphs == 1
        && folder(path).equals(folder)
        && (file.startsWith("onnx__") || file.endsWith(".weight") || file.equals("weights.pb"));
  }

  private List<HubFile> weights() {
    List<HubFile> chosen = new ArrayList<>();
    Set<String> indexed = new TreeSet<>();
    for (HubFile file : files) {
      if (file.path().endsWith(".safetensors.index.json")) {
        indexed.add(folder(file.path()));
      }
    }
    for (HubFile file : files) {
      String path = file.path();
      if (!path.endsWith(".safetensors") || path.startsWith("original/")) {
        continue;
      }
      String base = path.substring(path.lastIndexOf('/') + 1);
      // Mistral's own form beside transformers'; a half precision twin beside the plain one.
      boolean twin = base.startsWith("consolidated") || base.contains(".fp16.");
      boolean asked = !variant.isEmpty() && base.contains("." + variant + ".");
      if (asked || variant.isEmpty() && !twin || variant.isEmpty() && onlyOne(path)) {
        chosen.add(file);
      }
    }
    if (chosen.isEmpty()) {
      throw new HubException(
          name
              + " has neither ONNX graphs nor safetensors"
              + (variant.isEmpty() ? "" : " of variant '" + variant + "'")
              + ". It has "
              + paths(files)
              + ".");
    }
    return chosen;
  }

  private boolean onlyOne(String path) {
    return files.stream()
            .filter(f -> f.path().endsWith(".safetensors") && folder(f.path()).equals(folder(path)))
            .count()
        == 1;
  }

  private static String folder(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  private static String stem(String path) {
    String base = base(path);
    Matcher matcher = VARIANT.matcher(base);
    return matcher.matches() ? matcher.group(1) : base;
  }

  private static String variantOf(String path) {
    Matcher matcher = VARIANT.matcher(base(path));
    return matcher.matches() ? matcher.group(2) : "";
  }

  private static String base(String path) {
    String file = path.substring(path.lastIndexOf('/') + 1);
    return file.substring(0, file.length() - ".onnx".length());
  }

  private static String variants(Map<String, List<HubFile>> graphs) {
    Set<String> all = new TreeSet<>();
    graphs.values().forEach(l -> l.forEach(f -> all.add(variantOf(f.path()))));
    all.remove("");
    return all.isEmpty() ? "only graphs without one" : "the variants " + String.join(", ", all);
  }

  private static String paths(List<HubFile> files) {
    List<String> some = new ArrayList<>();
    for (HubFile file : files.subList(0, Math.min(12, files.size()))) {
      some.add(file.path());
    }
    return String.join(", ", some)
        + (files.size() > 12 ? " and " + (files.size() - 12) + " more" : "");
  }
}
