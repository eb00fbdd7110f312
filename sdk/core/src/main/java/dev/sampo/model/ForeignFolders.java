package dev.sampo.model;

import dev.sampo.specs.TensorDescription;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Says why a folder is no model for this library where the reason can be seen: what it holds instead, or how its graphs are laid out. */
final class ForeignFolders {
  private static final String GUIDE = "docs/bring-your-own-model.md";
  private static final List<String> WEIGHTS =
      Arrays.asList(".safetensors", ".bin", ".pt", ".pth", ".ckpt");

  /** What peft, Olive and diffusers call the two factors of a change. */
  private static final Pattern LORA =
      Pattern.compile(
          "lora_?[AB]\\b|lora_[AB][._]|lora[._](up|down|embedding_[AB])", Pattern.CASE_INSENSITIVE);

  private ForeignFolders() {}

  /** What a folder without a model that is known holds, as a sentence with what to do; null where nothing of it is known. */
  static @Nullable String describe(Path folder) {
    TreeSet<String> files = files(folder);
    String gguf = ending(files, ".gguf");
    if (gguf != null) {
      return "It holds "
          + gguf
          + ", a GGUF file (llama.cpp's format), and no ONNX graph. Take the model's ONNX export (on the Hub"
          + " often onnx-community/NAME), or its safetensors and `sampo export`.";
    }
    String graph = ending(files, ".onnx");
    if (graph != null && !Files.exists(folder.resolve("sampo.json"))) {
      return "It holds "
          + graph
          + " but no sampo.json, which says what a GAN's, a VAE's or another net's graphs are for. Write one: "
          + GUIDE
          + " shows how, and `sampo inspect` of the .onnx file lists what goes in and comes out.";
    }
    for (String ending : WEIGHTS) {
      String weights = ending(files, ending);
      if (weights != null) {
        return "It holds weights ("
            + weights
            + ") and no ONNX graph. Export it: `sampo export FOLDER --out DIR` for Transformers with a"
            + " config.json and safetensors, optimum-cli export onnx for the rest (diffusers too).";
      }
    }
    return null;
  }

  /** Why a graph that does not meet its spec may be none of that kind; empty where nothing speaks for another. */
  static String hint(ModelFolder folder) {
    for (ModelGraph graph : folder.graphs().values()) {
      for (String input : graph.file().description().inputs().keySet()) {
        if (LORA.matcher(input).find()) {
          return "\nInput '"
              + input
              + "' is a weight of a LoRA adapter, which ONNX Runtime's adapter files (.onnx_adapter) fill while the"
              + " graph runs. That is not supported: merge the adapter into the weights with `sampo export FOLDER"
              + " --adapter DIR --out DIR`, one folder an adapter.";
        }
      }
    }
    if (folder.family() == Family.ENCODER) {
      for (ModelGraph graph : folder.graphs().values()) {
        if (!graph.file().description().inputs().containsKey("input_ids")) {
          return "\nIt reads no input_ids, so it is no model of texts. A GAN, a VAE or another net of your own"
              + " needs a sampo.json: "
              + GUIDE
              + " shows how.";
        }
      }
    }
    return "";
  }

  /**
   * How a picture graph has its channels last, as TensorFlow's do; null where it has not, or where this library turns them.
   *
   * @return a sentence with what to do
   */
  static @Nullable String channelsLast(ModelFolder folder) {
    if (folder.family() != Family.DIFFUSION_UNET && folder.family() != Family.LATENT_DIFFUSION) {
      return null;
    }
    ModelGraph unet = folder.graphs().get("unet");
    TensorDescription sample =
        unet == null ? null : unet.file().description().inputs().get("sample");
    if (sample == null || sample.dims().size() != 4) {
      return null;
    }
    int second = number(sample.dims().get(1));
    int last = number(sample.dims().get(3));
    if (last < 1 || last > 4 || second <= 4) {
      return null;
    }
    return "Input 'sample' of "
        + unet.path()
        + " has its channels last ("
        + sample
        + ", NHWC, as TensorFlow lays pictures out). Diffusion wants [batch, channels, height, width]: put a"
        + " transpose before and behind the net, and export it again.";
  }

  private static int number(String dim) {
    try {
      return Integer.parseInt(dim);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** Names of the files here and one folder below. */
  private static TreeSet<String> files(Path folder) {
    TreeSet<String> names = new TreeSet<>();
    collect(folder, "", names);
    return names;
  }

  private static void collect(Path folder, String prefix, TreeSet<String> names) {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String name = prefix + entry.getFileName();
        if (!Files.isDirectory(entry)) {
          names.add(name);
        } else if (prefix.isEmpty()) {
          collect(entry, name + "/", names);
        }
      }
    } catch (IOException e) {
      // What cannot be listed is not named.
      return;
    }
  }

  private static @Nullable String ending(TreeSet<String> files, String ending) {
    for (String file : files) {
      if (file.toLowerCase(Locale.ROOT).endsWith(ending)) {
        return file;
      }
    }
    return null;
  }
}
