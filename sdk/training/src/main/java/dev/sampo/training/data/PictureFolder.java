package dev.sampo.training.data;

import dev.sampo.error.SampoException;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Reads a folder of pictures: PNG and JPEG files in it (all of class 0), or one folder of them for each class. A class
 * folder has the name of one of the model's classes or the class's number; a model without named classes takes folders
 * of any names and numbers them in alphabetical order. Classes take turns in the result, so that its end, which is kept
 * for validation, holds some of each.
 */
public final class PictureFolder {
  private PictureFolder() {}

  /**
   * Decodes a picture file: {@code dev.sampo.imaging.Pictures::read} on a desktop, the platform's decoder on Android.
   */
  @FunctionalInterface
  public interface Reader {
    Pixels read(Path file) throws IOException;
  }

  /**
   * Reads all pictures.
   *
   * @param shape what the model takes; grey and colour are converted, another size is an error
   * @throws SampoException if there is no picture, a size differs, or a folder is no class
   */
  public static PictureSet read(Path folder, PictureShape shape, Reader reader) throws IOException {
    List<List<Path>> files = new ArrayList<>();
    List<Integer> numbers = new ArrayList<>();
    List<Path> folders = list(folder, true);
    List<Path> loose = list(folder, false);
    if (!folders.isEmpty() && !loose.isEmpty()) {
      throw new SampoException(
          folder
              + " holds pictures ("
              + loose.get(0).getFileName()
              + ") beside class folders ("
              + folders.get(0).getFileName()
              + "). Put every picture into the folder of its class.");
    }
    if (folders.isEmpty()) {
      files.add(loose);
      numbers.add(0);
    }
    for (int i = 0; i < folders.size(); i++) {
      files.add(list(folders.get(i), false));
      numbers.add(number(folders.get(i), i, shape.classes()));
    }
    return inTurns(folder, files, numbers, shape, reader);
  }

  private static PictureSet inTurns(
      Path folder,
      List<List<Path>> files,
      List<Integer> numbers,
      PictureShape wanted,
      Reader reader)
      throws IOException {
    List<float[]> pictures = new ArrayList<>();
    List<Integer> classes = new ArrayList<>();
    PictureShape shape = wanted;
    int longest = files.stream().mapToInt(List::size).max().orElse(0);
    for (int i = 0; i < longest; i++) {
      for (int c = 0; c < files.size(); c++) {
        if (i < files.get(c).size()) {
          Path file = files.get(c).get(i);
          Pixels picture = reader.read(file);
          shape = shape.of(picture);
          checkSize(file, picture, shape, wanted);
          pictures.add(picture.withChannels(shape.channels()).toChw(0, 1));
          classes.add(numbers.get(c));
        }
      }
    }
    if (pictures.isEmpty()) {
      throw new SampoException(
          "There is no .png, .jpg or .jpeg file in " + folder + " or in the folders in it.");
    }
    return new PictureSet(
        pictures.toArray(new float[0][]),
        classes.stream().mapToInt(Integer::intValue).toArray(),
        shape.channels(),
        shape.heightPx(),
        shape.widthPx());
  }

  private static void checkSize(
      Path file, Pixels picture, PictureShape shape, PictureShape wanted) {
    if (!shape.fits(picture.heightPx(), picture.widthPx())) {
      throw new SampoException(
          file
              + " is "
              + picture.widthPx()
              + "x"
              + picture.heightPx()
              + (wanted.heightPx() == 0 ? ", the pictures before it are " : ", the model wants ")
              + shape.widthPx()
              + "x"
              + shape.heightPx()
              + ". Scale the pictures to one size (sampo train does it with --resize).");
    }
  }

  private static int number(Path folder, int index, List<String> classes) {
    String name = String.valueOf(folder.getFileName());
    int named = classes.indexOf(name);
    if (named >= 0) {
      return named;
    }
    boolean digits = name.length() <= 6 && name.chars().allMatch(c -> c >= '0' && c <= '9');
    if (classes.isEmpty()) {
      return digits ? Integer.parseInt(name) : index;
    }
    if (digits && Integer.parseInt(name) < classes.size()) {
      return Integer.parseInt(name);
    }
    throw new SampoException(
        "Folder "
            + folder
            + " is no class of the model; its classes are "
            + String.join(", ", classes)
            + ". Name a folder after its class, or with its number from 0.");
  }

  /** Folders, or picture files, by name; hidden ones are left out. */
  private static List<Path> list(Path folder, boolean folders) throws IOException {
    List<Path> result = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder)) {
      for (Path path : found) {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        boolean picture = name.endsWith(".png") || name.endsWith(".jpg") || name.endsWith(".jpeg");
        boolean wanted = folders ? Files.isDirectory(path) : picture && Files.isRegularFile(path);
        if (wanted && !name.startsWith(".")) {
          result.add(path);
        }
      }
    }
    Collections.sort(result);
    return result;
  }
}
