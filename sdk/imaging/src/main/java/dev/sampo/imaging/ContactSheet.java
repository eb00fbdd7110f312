package dev.sampo.imaging;

import dev.sampo.error.RequestException;
import dev.sampo.picture.Pixels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Many samples on one picture: a grid with padding, an optional title, labels of rows and columns, and a caption below
 * each cell. Cells may differ in size and channels; each lies centred in the largest. Text is printed in a built-in
 * bitmap font, so the same samples give the same bytes on every machine.
 *
 * <pre>{@code
 * Pixels sheet = ContactSheet.builder(samples).columns(10).enlarge(2).rowLabels(labels).build().render();
 * Pictures.writePng(Path.of("digits.png"), sheet);
 * }</pre>
 *
 * @param cells the pictures, row by row from the left; at least one
 * @param columns how many a row
 * @param paddingPx free pixels around each cell, after enlarging
 * @param enlarge every pixel of a cell becomes this many in each direction
 * @param background shade 0..255 between the cells; text is black on light and white on dark
 * @param title printed above, or empty
 * @param columnLabels one a column, or none
 * @param rowLabels one a row, or none
 * @param captions one a cell, or none
 */
public record ContactSheet(
    List<Pixels> cells,
    int columns,
    int paddingPx,
    int enlarge,
    int background,
    String title,
    List<String> columnLabels,
    List<String> rowLabels,
    List<String> captions) {

  public ContactSheet {
    cells = List.copyOf(cells);
    columnLabels = List.copyOf(columnLabels);
    rowLabels = List.copyOf(rowLabels);
    captions = List.copyOf(captions);
    if (cells.isEmpty() || columns < 1) {
      throw new RequestException(
          null,
          "A contact sheet has at least one cell and one column, got "
              + cells.size()
              + " cells in "
              + columns
              + " columns.");
    }
    if (paddingPx < 0 || enlarge < 1 || background < 0 || background > 255) {
      throw new RequestException(
          null,
          "Wanted paddingPx >= 0, enlarge >= 1 and background 0..255, got "
              + paddingPx
              + ", "
              + enlarge
              + " and "
              + background
              + ".");
    }
    checkCount("columnLabels", columnLabels, columns);
    checkCount("rowLabels", rowLabels, (cells.size() + columns - 1) / columns);
    checkCount("captions", captions, cells.size());
  }

  /** Defaults: about square, padding 2, not enlarged, white, no text. */
  public static Builder builder(List<Pixels> cells) {
    return new Builder(cells);
  }

  /** Draws the sheet: grey when every cell is grey, else RGB (alpha is dropped). */
  public Pixels render() {
    return new Canvas().draw();
  }

  private int rows() {
    return (cells.size() + columns - 1) / columns;
  }

  private static void checkCount(String what, List<String> texts, int wanted) {
    if (!texts.isEmpty() && texts.size() != wanted) {
      throw new RequestException(
          null, "Got " + texts.size() + " " + what + ", wanted " + wanted + " or none.");
    }
  }

  /** The layout of one sheet and the bytes that it is drawn into. */
  private final class Canvas {
    private final int channels = cells.stream().allMatch(c -> c.channels() == 1) ? 1 : 3;
    private final int cellWidth =
        enlarge * cells.stream().mapToInt(Pixels::widthPx).max().orElse(1);
    private final int cellHeight =
        enlarge * cells.stream().mapToInt(Pixels::heightPx).max().orElse(1);
    private final int captionHeight = captions.isEmpty() ? 0 : TinyFont.LINE_PX;
    private final int left = widest(rowLabels) + (rowLabels.isEmpty() ? 0 : paddingPx + 3);
    private final int top =
        (title.isEmpty() ? 0 : TinyFont.LINE_PX + paddingPx)
            + (columnLabels.isEmpty() ? 0 : TinyFont.LINE_PX);
    private final int pitchX =
        Math.max(cellWidth, Math.max(widest(captions), widest(columnLabels))) + paddingPx;
    private final int pitchY = cellHeight + captionHeight + paddingPx;
    private final int width =
        Math.max(left + columns * pitchX + paddingPx, TinyFont.widthPx(title) + 2 * paddingPx);
    private final int height = top + rows() * pitchY + paddingPx;
    private final byte[] data =
        new byte[Math.multiplyExact(Math.multiplyExact(width, height), channels)];

    Pixels draw() {
      Arrays.fill(data, (byte) background);
      print(title, paddingPx, paddingPx);
      for (int c = 0; c < columnLabels.size(); c++) {
        printCentred(columnLabels.get(c), left + paddingPx + c * pitchX, top - TinyFont.LINE_PX);
      }
      for (int r = 0; r < rowLabels.size(); r++) {
        int y = top + paddingPx + r * pitchY + (cellHeight - TinyFont.LINE_PX) / 2;
        print(rowLabels.get(r), paddingPx, y);
      }
      for (int i = 0; i < cells.size(); i++) {
        int x = left + paddingPx + i % columns * pitchX;
        int y = top + paddingPx + i / columns * pitchY;
        paste(cells.get(i), x, y);
        if (!captions.isEmpty()) {
          printCentred(captions.get(i), x, y + cellHeight);
        }
      }
      return Pixels.ofBytes(width, height, channels, data);
    }

    private void paste(Pixels cell, int x, int y) {
      Pixels picture = cell.withChannels(channels).enlarged(enlarge);
      int left = x + (pitchX - paddingPx - picture.widthPx()) / 2;
      int top = y + (cellHeight - picture.heightPx()) / 2;
      byte[] from = picture.toBytes();
      int rowBytes = picture.widthPx() * channels;
      for (int row = 0; row < picture.heightPx(); row++) {
        System.arraycopy(
            from, row * rowBytes, data, ((top + row) * width + left) * channels, rowBytes);
      }
    }

    private void print(String text, int x, int y) {
      int shade = background < 128 ? 255 : 0;
      TinyFont.paint(data, width, height, channels, text, x, y, shade);
    }

    private void printCentred(String text, int x, int y) {
      print(text, x + (pitchX - paddingPx - TinyFont.widthPx(text)) / 2, y);
    }

    private int widest(List<String> texts) {
      return texts.stream().mapToInt(TinyFont::widthPx).max().orElse(0);
    }
  }

  /** Builds a {@link ContactSheet}. */
  public static final class Builder {
    private final List<Pixels> cells;
    private int columns;
    private int paddingPx = 2;
    private int enlarge = 1;
    private int background = 255;
    private String title = "";
    private List<String> columnLabels = List.of();
    private List<String> rowLabels = List.of();
    private List<String> captions = List.of();

    private Builder(List<Pixels> cells) {
      this.cells = new ArrayList<>(cells);
      this.columns = Math.max(1, (int) Math.ceil(Math.sqrt(cells.size())));
    }

    /** How many cells a row. */
    public Builder columns(int columns) {
      this.columns = columns;
      return this;
    }

    /** Free pixels around each cell. */
    public Builder paddingPx(int paddingPx) {
      this.paddingPx = paddingPx;
      return this;
    }

    /** Enlarges the cells by a whole factor. */
    public Builder enlarge(int factor) {
      this.enlarge = factor;
      return this;
    }

    /** The shade between the cells, 0 (black) to 255 (white). */
    public Builder background(int shade) {
      this.background = shade;
      return this;
    }

    /** A line above everything. */
    public Builder title(String title) {
      this.title = title;
      return this;
    }

    /** One text a column. */
    public Builder columnLabels(List<String> labels) {
      this.columnLabels = labels;
      return this;
    }

    /** One text a row. */
    public Builder rowLabels(List<String> labels) {
      this.rowLabels = labels;
      return this;
    }

    /** One text a cell. */
    public Builder captions(List<String> captions) {
      this.captions = captions;
      return this;
    }

    /** Checks the numbers and builds the sheet. */
    public ContactSheet build() {
      return new ContactSheet(
          cells, columns, paddingPx, enlarge, background, title, columnLabels, rowLabels, captions);
    }
  }
}
