package dev.sampo.text;

import dev.sampo.error.ClosedException;
import dev.sampo.error.RequestException;
import dev.sampo.io.AtomicFile;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.text.decoding.Caches;
import dev.sampo.text.decoding.CausalModel;
import dev.sampo.text.decoding.CausalState;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.TextModel;
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

/** A decoding state of one row that is kept from one generation to the next. */
final class KeyValuePromptCache implements PromptCache {
  private static final int MAGIC = 0x53504332; // SPC2

  private final CausalModel model;
  private CausalState state;
  private int[] ids = new int[0];
  private boolean busy;
  private boolean closed;

  KeyValuePromptCache(CausalModel model) {
    this.model = model;
    this.state = model.empty();
  }

  @Override
  public synchronized int[] ids() {
    return ids.clone();
  }

  boolean belongsTo(TextModel other) {
    return model == other;
  }

  /** Claims this for one generation, or for saving and loading; {@link #release} ends that. */
  synchronized void claim() {
    if (closed) {
      throw new ClosedException("The prompt cache was closed. Make a new one.");
    }
    if (busy) {
      throw new RequestException(
          "promptCache",
          "The prompt cache is in use by another generation. Give each conversation its own, and"
              + " save it between generations.");
    }
    busy = true;
  }

  /** Reads a prompt, as much of it as is new; the scores of the next token are then in the state. */
  DecodingState read(int[] prompt, CancellationToken token) {
    int common = 0;
    while (common < ids.length && common < prompt.length - 1 && ids[common] == prompt[common]) {
      common++;
    }
    if (common < state.length() && !state.canTruncate()) {
      restart();
      common = 0;
    }
    state.truncate(common, token);
    note(Arrays.copyOf(ids, common));
    state.prefill(new int[][] {Arrays.copyOfRange(prompt, common, prompt.length)}, 0, token);
    note(prompt.clone());
    return state;
  }

  private synchronized void note(int[] read) {
    ids = read;
  }

  private void restart() {
    CausalState fresh = model.empty();
    state.close();
    state = fresh;
  }

  /**
   * Lets others use this.
   *
   * @param all what was read and generated; the state may lack the newest of it
   */
  synchronized void release(int[] all) {
    ids = Arrays.copyOf(all, Math.min(all.length, state.length()));
    release();
  }

  private synchronized void release() {
    busy = false;
    if (closed) {
      state.close();
    }
  }

  // ---- files

  @Override
  public void save(Path file) throws IOException {
    claim();
    try {
      AtomicFile.write(
          file,
          stream -> {
            DataOutputStream out = new DataOutputStream(stream);
            out.writeInt(MAGIC);
            out.writeUTF(model.hash());
            out.writeInt(ids.length);
            for (int id : ids) {
              out.writeInt(id);
            }
            out.writeInt(model.caches().size());
            state.readBlocks(block -> write(out, block));
            out.flush();
          });
    } finally {
      release();
    }
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

  @Override
  public void load(Path file) throws IOException {
    claim();
    List<Tensor> blocks = new ArrayList<>();
    boolean taken = false;
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      int[] saved = header(in, file);
      long left = Files.size(file);
      for (Caches.Pair pair : model.caches()) {
        blocks.add(block(in, file, pair, saved.length, left));
      }
      CausalState fresh = model.empty();
      fresh.restore(blocks, saved.length);
      taken = true;
      state.close();
      state = fresh;
      note(saved);
    } catch (EOFException e) {
      throw new IOException(file + " is cut short; it holds no whole prompt cache.", e);
    } finally {
      if (!taken) {
        blocks.forEach(Tensor::close);
      }
      release();
    }
  }

  /** The ids, if the file is one of this model. */
  private int[] header(DataInputStream in, Path file) throws IOException {
    if (in.readInt() != MAGIC) {
      throw new IOException(file + " is no saved prompt cache of this version of Sampo.");
    }
    if (!in.readUTF().equals(model.hash())) {
      throw new IOException(
          file + " was saved with another model than " + model.graph().path() + ".");
    }
    int length = in.readInt();
    if (length < 0 || length > Files.size(file) / Integer.BYTES) {
      throw new IOException(file + " is damaged: it claims to hold " + length + " ids.");
    }
    int[] saved = new int[length];
    for (int i = 0; i < length; i++) {
      saved[i] = in.readInt();
      if (saved[i] < 0 || saved[i] >= model.vocabularySize()) {
        throw new IOException(file + " is damaged: it holds id " + saved[i] + ".");
      }
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
    return saved;
  }

  /** @param most bytes that the file has */
  private static Tensor block(
      DataInputStream in, Path file, Caches.Pair pair, int length, long most) throws IOException {
    String type = in.readUTF();
    int rank = in.readInt();
    Shape declared = pair.info().shape();
    boolean fits = type.equals(pair.info().type().label()) && rank == declared.rank();
    long[] dims = new long[fits ? rank : 0];
    long count = 1;
    for (int i = 0; i < dims.length; i++) {
      dims[i] = in.readLong();
      fits &= dims[i] >= 0 && dims[i] <= most;
      count = fits ? Math.min(most, count) * dims[i] : 0;
    }
    fits &= count <= most / Float.BYTES;
    fits = fits && declared.accepts(Shape.of(dims)) && dims[0] == 1;
    int axis = pair.lengthAxis();
    if (!fits || axis >= 0 && dims[axis] != length) {
      throw new IOException(
          file
              + " is damaged or of another model: it holds "
              + type
              + " "
              + Arrays.toString(dims)
              + " for "
              + pair.info()
              + ".");
    }
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = in.readFloat();
    }
    return Tensor.floatsAs(ElementType.parse(type), Shape.of(dims), values);
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (!busy) {
      state.close();
    }
  }
}
