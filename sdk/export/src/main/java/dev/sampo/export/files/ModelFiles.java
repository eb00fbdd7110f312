package dev.sampo.export.files;

import dev.sampo.error.ModelException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Puts what belongs to a model into the folder of its graphs: weights as hard links (ONNX Runtime follows no symbolic link that leaves the
 * graph's folder), tokenizer and settings as copies.
 */
public final class ModelFiles {
  /** What a tokenizer, a processor and their settings are saved as. */
  private static final String SMALL_FILES =
      ".*\\.(json|jsonl|txt|model|jinja|md|tiktoken|bpe)|LICENSE|NOTICE";

  private static final List<String> SMALL_FOLDERS =
      List.of("additional_chat_templates", "1_Pooling", "2_Normalize", "2_Dense", "3_Normalize");

  private final Path source;
  private final Path target;

  public ModelFiles(Path source, Path target) {
    this.source = source;
    this.target = target;
  }

  /**
   * Places weights and small files.
   *
   * @return the weights that were copied, not linked
   */
  public List<Path> place(List<Path> weights) throws IOException {
    boolean inPlace = Files.isSameFile(source, target);
    List<Path> copied = new ArrayList<>();
    for (Path file : weights) {
      if (inPlace) {
        requireNoLink(file);
      } else if (!link(file, target.resolve(file.getFileName()))) {
        copied.add(target.resolve(file.getFileName()));
      }
    }
    if (!inPlace) {
      copySmall(source, target);
    }
    return copied;
  }

  private static void requireNoLink(Path file) throws IOException {
    Path real = file.toRealPath();
    Path folder = real.getParent();
    if (folder == null || !folder.equals(file.toAbsolutePath().getParent().toRealPath())) {
      throw new ModelException(
          file,
          "Weights "
              + file
              + " are a link to "
              + real
              + ", which ONNX Runtime does not follow. Export into another folder.");
    }
  }

  private static boolean link(Path file, Path to) throws IOException {
    Path real = file.toRealPath();
    if (Files.exists(to)) {
      if (Files.isSameFile(real, to)) {
        return true;
      }
      throw new ModelException(
          to, to + " is there already and another file than " + file + ". Give another folder.");
    }
    try {
      Files.createLink(to, real);
      return true;
    } catch (FileSystemException | UnsupportedOperationException e) {
      // Another disk, or a file system without links.
      Path partial = to.resolveSibling(to.getFileName() + ".partial");
      try {
        Files.copy(real, partial, StandardCopyOption.REPLACE_EXISTING);
        Files.move(partial, to, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
      return false;
    }
  }

  /** Work that fills a folder. */
  @FunctionalInterface
  public interface Filling<T> {
    T into(Path folder) throws IOException;
  }

  /**
   * Fills a new folder beside a target and moves it there when it is whole; where that fails, nothing of it stays. It is for whom all new folders
   * are for: a temporary one would stay the owner's alone.
   *
   * @param target a folder that does not exist yet
   */
  public static <T> T whole(Path target, String prefix, Filling<T> work) throws IOException {
    Path parent = target.toAbsolutePath().getParent();
    Files.createDirectories(parent);
    Path partial = Files.createDirectory(parent.resolve(prefix + UUID.randomUUID()));
    try {
      T made = work.into(partial);
      Files.move(partial, target);
      return made;
    } finally {
      if (Files.exists(partial)) {
        delete(partial);
      }
    }
  }

  /** Deletes a folder with all that is in it. */
  public static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** Copies tokenizer, settings and the like, those of a sentence-transformers model too. */
  public static void copySmall(Path from, Path to) throws IOException {
    copyFiles(from, to);
    for (String name : SMALL_FOLDERS) {
      if (Files.isDirectory(from.resolve(name))) {
        Files.createDirectories(to.resolve(name));
        copyFiles(from.resolve(name), to.resolve(name));
      }
    }
  }

  private static void copyFiles(Path from, Path to) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(from)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        if (Files.isRegularFile(file)
            && name.matches(SMALL_FILES)
            && !name.endsWith(".safetensors.index.json")) {
          Files.copy(file, to.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }
}
