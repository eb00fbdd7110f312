package dev.sampo.cli.quality;

import dev.sampo.io.NpyArray;
import dev.sampo.picture.PictureBatch;
import dev.sampo.specs.ImageFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What no model was trained on: the files of {@code exporter-specs/src/test/resources/judge}, explained by the README there. */
final class KeptBack {
  private final Path folder;

  KeptBack(Path folder) {
    this.folder = folder;
  }

  Path judge() {
    return folder.resolve("judge.onnx");
  }

  /** 1,500 digits in the range of a model. */
  PictureBatch digits(ImageFormat format) throws IOException {
    return pictures("digits-heldout.npy", format);
  }

  /** Their classes. */
  long[] digitLabels() throws IOException {
    return NpyArray.read(folder.resolve("digits-heldout-labels.npy")).toLongs();
  }

  /** 400 pictures that are no digits: a quarter letters, shapes, scrambled digits and smooth noise each. */
  PictureBatch nonDigits(ImageFormat format) throws IOException {
    return pictures("nondigits.npy", format);
  }

  /** Chapters of the Bible, with empty lines between them. */
  String scripture() throws IOException {
    return text("scripture-heldout.txt");
  }

  /** English number words, a tab, and the same number in French. */
  List<String> numbers() throws IOException {
    return text("numbers-heldout.tsv").lines().toList();
  }

  private String text(String name) throws IOException {
    return Files.readString(folder.resolve(name), StandardCharsets.UTF_8);
  }

  private PictureBatch pictures(String name, ImageFormat format) throws IOException {
    NpyArray array = NpyArray.read(folder.resolve(name));
    long[] shape = array.shape();
    float[] values = array.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (format.low() + values[i] / 255.0 * (format.high() - format.low()));
    }
    return PictureBatch.of((int) shape[0], (int) shape[1], (int) shape[2], format, values);
  }
}
