package dev.sampo.text;

import dev.sampo.io.AtomicFile;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Keys and values of a conversation: a request with it reads only what its prompt adds to what was read before. Made by
 * {@link TextGenerator#newPromptCache()}, for decoder-only models; one generation at a time. Close it.
 */
public final class PromptCache implements AutoCloseable {
  private static final int MAGIC = 0x53504331; // SPC1

  private final CausalModel model;
  private final AtomicBoolean busy = new AtomicBoolean();
  private CausalState state;
  private int[] ids = new int[0];

  PromptCache(CausalModel model) {
    this.model = model;
    this.state = model.empty();
  }

  /** The ids that were read. */
  public int[] ids() {
    return ids.clone();
  }

  boolean belongsTo(TextModel other) {
    return model == other;
  }

  /** Claims this for one generation; {@link #release} ends that. */
  void claim() {
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "The prompt cache is in use by another generation. Give each conversation its own.");
    }
  }

  /** Reads a prompt, as much of it as is new; the scores of the next token are then in the state. */
  DecodingState read(int[] prompt, CancellationToken token) {
    int common = 0;
    while (common < ids.length && common < prompt.length - 1 && ids[common] == prompt[common]) {
      common++;
    }
    state.truncate(common, token);
    ids = Arrays.copyOf(ids, common);
    state.prefill(new int[][] {Arrays.copyOfRange(prompt, common, prompt.length)}, 0, token);
    ids = prompt.clone();
    return state;
  }

  /** Notes what the state has read by now, and lets others use this. */
  void release(int[] all) {
    ids = Arrays.copyOf(all, Math.min(all.length, state.length()));
    busy.set(false);
  }

  /**
   * Writes ids, keys and values to a file, which appears whole or not at all.
   *
   * @throws IOException if it cannot be written
   */
  public void save(Path file) throws IOException {
    AtomicFile.write(
        file,
        stream -> {
          DataOutputStream out = new DataOutputStream(stream);
          out.writeInt(MAGIC);
          out.writeInt(ids.length);
          for (int id : ids) {
            out.writeInt(id);
          }
          out.writeInt(model.caches().size());
          state.readBlocks(block -> write(out, block));
          out.flush();
        });
  }

  private static void write(DataOutputStream out, Tensor block) throws IOException {
    out.writeUTF(block.type().label());
    out.writeInt(block.shape().rank());
    for (long dim : block.shape().dims()) {
      out.writeLong(dim);
    }
    for (float value : block.toFloats()) {
      out.writeFloat(value);
    }
  }

  /**
   * Goes on from a file that {@link #save} wrote; what was read before is forgotten.
   *
   * @throws IOException if the file cannot be read or is of another model
   */
  public void load(Path file) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      if (in.readInt() != MAGIC) {
        throw new IOException(file + " is no saved prompt cache.");
      }
      int[] saved = new int[in.readInt()];
      for (int i = 0; i < saved.length; i++) {
        saved[i] = in.readInt();
      }
      int count = in.readInt();
      if (count != model.caches().size()) {
        throw new IOException(
            file
                + " holds "
                + count
                + " key/value blocks, the model has "
                + model.caches().size()
                + ". It was saved with another model.");
      }
      List<Tensor> blocks = new ArrayList<>();
      for (Caches.Pair pair : model.caches()) {
        blocks.add(block(in, file, pair));
      }
      state.close();
      state = model.empty();
      state.restore(blocks, saved.length);
      ids = saved;
    } catch (EOFException e) {
      throw new IOException(file + " is cut short; it holds no whole prompt cache.", e);
    }
  }

  private static Tensor block(DataInputStream in, Path file, Caches.Pair pair) throws IOException {
    ElementType type = ElementType.parse(in.readUTF());
    long[] dims = new long[in.readInt()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = in.readLong();
    }
    Shape shape = Shape.of(dims);
    if (type != pair.info().type() || !pair.info().shape().accepts(shape)) {
      throw new IOException(
          file
              + " holds "
              + type
              + " "
              + shape
              + " for "
              + pair.info()
              + ". It was saved with another model.");
    }
    float[] values = new float[(int) shape.elementCount()];
    for (int i = 0; i < values.length; i++) {
      values[i] = in.readFloat();
    }
    return Tensor.floatsAs(type, shape, values);
  }

  @Override
  public void close() {
    state.close();
  }
}
