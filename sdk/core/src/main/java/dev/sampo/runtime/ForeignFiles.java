package dev.sampo.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Says of a file that is no ONNX graph what it is, by its first bytes, and what to do about it. */
public final class ForeignFiles {
  private static final int HEAD = 64;

  private ForeignFiles() {}

  /**
   * What a file is: {@code "is a Git LFS pointer, not the model. Run: git lfs pull"} and so on, to follow its name.
   *
   * @return null where it is nothing that is known, or cannot be read
   */
  public static @Nullable String describe(Path file) {
    byte[] head = new byte[HEAD];
    int n = 0;
    try (InputStream in = Files.newInputStream(file)) {
      for (int r = 0; r >= 0 && n < head.length; n += Math.max(r, 0)) {
        r = in.read(head, n, head.length - n);
      }
    } catch (IOException e) {
      return null;
    }
    return describe(new String(head, 0, n, StandardCharsets.ISO_8859_1));
  }

  private static @Nullable String describe(String head) {
    if (head.startsWith("version https://git-lfs")) {
      return "is a Git LFS pointer, not the file itself. Run: git lfs pull";
    }
    if (head.startsWith("GGUF")) {
      return "is a GGUF file, llama.cpp's format, which holds no graph for ONNX Runtime. Take the model's ONNX"
          + " export (on the Hub often onnx-community/NAME), or the folder with its safetensors and `sampo"
          + " export`.";
    }
    if (head.length() > 9 && head.charAt(8) == '{' && head.charAt(7) == 0 && head.charAt(6) == 0) {
      return "is a safetensors file: weights without a graph. Give the folder that it lies in, with its"
          + " config.json, or run `sampo export FOLDER --out DIR`.";
    }
    if (head.startsWith("PK\u0003\u0004") || head.startsWith("\u0080\u0002")) {
      return "is a zip or pickle, as PyTorch saves weights, without a graph. Export it with torch.onnx or Optimum.";
    }
    String text = head.trim().toLowerCase(Locale.ROOT);
    if (text.startsWith("<!doctype html") || text.startsWith("<html")) {
      return "is a web page, not a model: the download answered with one. Fetch it again, signed in where"
          + " that is needed.";
    }
    return null;
  }
}
