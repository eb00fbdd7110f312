package dev.sampo.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.spi.DeviceSession;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A call of one graph that keeps its tensors bound and is run again and again: the inner loop of a decoder or of a diffusion sampler. Made for
 * one thread (a second one waits for the first); many runs of one graph may be under way at once.
 *
 * <pre>{@code
 * try (GraphRun step = decoder.prepare()) {
 *   step.input("input_ids", ids);               // rewritten between steps, never bound anew
 *   step.output("logits", logits);              // pinned: read from its buffer
 *   step.feedBack("present.0.key", "past_key_values.0.key", emptyCache);
 *   while (...) {
 *     step.run(token);
 *   }
 * }
 * }</pre>
 *
 * <p>Bound tensors stay the caller's. What ONNX Runtime allocates for an output belongs to this object: {@link #result} is valid until the
 * next run, except that what is fed back lives as an input through that run. A run adds a map look-up and a reference count a tensor to
 * what ONNX Runtime's own {@code run} costs.
 *
 * <p>Longer than most files because both ways of running, through the Java API and through a {@link BoundCall}, share every binding.
 */
public final class GraphRun implements AutoCloseable {
  private final Session session;
  private final Graph graph;
  private final RunSlot slot;
  private final Natives natives;
  private final @Nullable BoundCall bound;
  private final Leaks.@Nullable Tracker tracker;

  private final Map<String, Tensor> inputs = new LinkedHashMap<>();
  private final Map<String, OnnxTensor> inputHandles = new LinkedHashMap<>();
  private final Map<String, Tensor> convertedInputs = new HashMap<>();
  private final Map<String, Tensor> pinned = new LinkedHashMap<>();
  private final Map<String, OnnxTensor> pinnedHandles = new LinkedHashMap<>();
  private final Map<String, Tensor> convertedPinned = new HashMap<>();
  private final Set<String> wanted = new LinkedHashSet<>();
  private final Set<String> constants = new HashSet<>();
  private final Set<String> residents = new HashSet<>();
  private final Map<String, String> feedBacks = new HashMap<>();
  private final Map<String, Tensor> results = new LinkedHashMap<>();
  private final List<Tensor> retained = new ArrayList<>();
  private boolean dirty = true;

  /**
   * @param binds whether a session with device tensors is to bind inputs and outputs; a single run with results in host memory need not
   */
  GraphRun(Session session, Graph graph, boolean tracked, boolean binds) {
    this.session = session;
    this.graph = graph;
    this.bound = binds ? bind(session) : null;
    this.slot = session.takeSlot();
    this.natives = new Natives(session, slot, bound);
    this.tracker =
        tracked
            ? Leaks.track(this, "GraphRun of " + session.name, Leaks.here(), natives::close)
            : null;
  }

  private static @Nullable BoundCall bind(Session session) {
    DeviceSession device = session.device;
    if (device == null) {
      return null;
    }
    if (!session.retain()) {
      throw new ClosedException(session.name + " was closed. Open the model again.");
    }
    try {
      return new BoundCall(device);
    } catch (OrtException e) {
      session.release();
      throw new SampoException(
          "Inputs and outputs of " + session.name + " cannot be bound: " + e.getMessage(), e);
    }
  }

  // ---- binding

  /**
   * Binds an input until another is bound to the name. A tensor of another element type than the graph declares is converted at every run.
   *
   * @throws TensorException if the graph has no such input or the shape does not fit
   */
  public synchronized GraphRun input(String name, Tensor tensor) {
    checkOpen();
    TensorInfo info = Checks.input(session, name, tensor);
    if (bound != null) {
      bound.inputChanged(name);
    }
    constants.remove(name);
    releaseOwned(inputs.get(name));
    dropConverted(convertedInputs, name);
    inputs.put(name, tensor);
    if (tensor.type() == info.type()) {
      inputHandles.put(name, tensor.onnxTensor());
    } else {
      Tensor copy = Tensor.allocate(info.type(), tensor.shape());
      convertedInputs.put(name, copy);
      inputHandles.put(name, copy.onnxTensor());
    }
    dirty = true;
    return this;
  }

  /**
   * Binds an input whose numbers stay as they are until another tensor is bound to the name: the features of a prompt, the pictures that
   * guide. With {@code deviceTensors} they go to the device once and not before every run.
   *
   * @throws TensorException if the graph has no such input or the shape does not fit
   */
  public synchronized GraphRun constant(String name, Tensor tensor) {
    if (inputs.get(name) != tensor || !constants.contains(name)) {
      input(name, tensor);
      constants.add(name);
    }
    return this;
  }

  /**
   * Asks for an output that ONNX Runtime allocates anew in every run; see {@link #result}.
   *
   * @throws TensorException if the graph has no such output
   */
  public synchronized GraphRun output(String name) {
    checkOpen();
    Checks.output(session, name);
    pinned.remove(name);
    pinnedHandles.remove(name);
    dropConverted(convertedPinned, name);
    wanted.add(name);
    residents.remove(name);
    outputsChanged();
    return this;
  }

  /**
   * Asks for an output that stays where the execution provider computes it, for this or another graph to take as an input. On a graph that
   * was loaded without {@code deviceTensors} it is the same as {@link #output(String)}.
   *
   * @throws TensorException if the graph has no such output
   */
  public synchronized GraphRun resident(String name) {
    output(name);
    residents.add(name);
    return this;
  }

  /**
   * Asks for an output in a tensor of the caller's. One of another element type than the graph declares gets its numbers converted.
   *
   * @param tensor one with a buffer, of exactly the shape that the output will have
   * @throws TensorException if the graph has no such output or the shape does not fit
   */
  public synchronized GraphRun output(String name, Tensor tensor) {
    checkOpen();
    TensorInfo info = Checks.pinned(session, name, tensor);
    wanted.remove(name);
    dropConverted(convertedPinned, name);
    pinnedHandles.remove(name);
    pinned.put(name, tensor);
    if (!info.shape().accepts(tensor.shape())) {
      // What a graph declares of its outputs is no promise, yet ONNX Runtime pins by it: such a
      // result is copied after the run.
      wanted.add(name);
    } else if (tensor.type() == info.type()) {
      pinnedHandles.put(name, tensor.onnxTensor());
    } else {
      Tensor copy = Tensor.allocate(info.type(), tensor.shape());
      convertedPinned.put(name, copy);
      pinnedHandles.put(name, copy.onnxTensor());
    }
    outputsChanged();
    return this;
  }

  /** Asks for an output no longer. */
  public synchronized GraphRun withoutOutput(String name) {
    checkOpen();
    pinned.remove(name);
    pinnedHandles.remove(name);
    dropConverted(convertedPinned, name);
    wanted.remove(name);
    feedBacks.remove(name);
    outputsChanged();
    return this;
  }

  private void outputsChanged() {
    dirty = true;
    if (bound != null) {
      bound.outputsChanged();
    }
  }

  /**
   * After each run the output becomes the input of the next one, without a copy, and what was bound to the input before is let go. With
   * {@code deviceTensors} it is {@link #resident}.
   *
   * @param first what the input is in the first run; stays the caller's
   */
  public synchronized GraphRun feedBack(String output, String input, Tensor first) {
    input(input, first);
    return feedBack(output, input);
  }

  /** Like {@link #feedBack(String, String, Tensor)}, with the input as it is bound now, or bound later. */
  public synchronized GraphRun feedBack(String output, String input) {
    Checks.input(session, input);
    resident(output);
    feedBacks.put(output, input);
    return this;
  }

  // ---- running

  /** Runs without a way to cancel. */
  public void run() {
    run(CancellationToken.none());
  }

  /**
   * Runs the graph once.
   *
   * @throws TensorException if an input is not bound
   * @throws CancelledException if the token was cancelled; the bindings are as before, and it can be run again
   * @throws ClosedException if this, the graph or a bound tensor was closed
   * @throws GraphRunException if ONNX Runtime fails
   */
  public synchronized void run(CancellationToken token) {
    checkOpen();
    token.throwIfCancelled();
    if (dirty) {
      Set<String> given = bound == null ? inputs.keySet() : bound.with(inputs.keySet());
      Checks.complete(session, given, wanted, pinned.keySet());
      dirty = false;
    }
    slot.begin(this);
    boolean entered = false;
    boolean listening = false;
    try {
      graph.state().enter(slot);
      entered = true;
      retainAll();
      convertInputs();
      token.add(slot);
      listening = true;
      long begin = System.nanoTime();
      try {
        if (bound == null) {
          accept(session.ort.run(inputHandles, wanted, pinnedHandles, slot.options()));
        } else {
          runBound(bound);
        }
      } finally {
        RunTime.add(System.nanoTime() - begin);
      }
      convertPinned();
    } catch (OrtException e) {
      throw failure(token, e);
    } finally {
      if (listening) {
        token.remove(slot);
      }
      releaseAll();
      slot.end();
      if (entered) {
        graph.state().leave(slot);
      }
    }
  }

  /**
   * An output of the last run: the pinned tensor, or ONNX Runtime's, which lives until the next run or {@link #close()}.
   *
   * @throws TensorException if it was not asked for or nothing has run
   */
  public synchronized Tensor result(String name) {
    Tensor tensor = pinned.get(name);
    if (tensor == null) {
      tensor = results.get(name);
    }
    String holder = tensor == null && bound != null ? bound.heldBy(name) : null;
    if (holder != null && bound != null) {
      tensor = unhold(bound, holder);
    }
    if (tensor == null) {
      throw new TensorException(
          name,
          "Output '"
              + name
              + "' of "
              + session.name
              + " was not asked for, or nothing has run. Asked for: "
              + Checks.union(wanted, pinned.keySet()));
    }
    return tensor;
  }

  /** What is bound to an input now, what was fed back included. */
  public synchronized Tensor bound(String input) {
    Tensor tensor = inputs.get(input);
    if (tensor == null && bound != null) {
      tensor = unhold(bound, input);
    }
    if (tensor == null) {
      throw new TensorException(
          input, "Nothing is bound to input '" + input + "' of " + session.name);
    }
    return tensor;
  }

  /** Takes an output of the last run out of this; the caller closes it. Not for what is fed back. */
  public synchronized Tensor take(String name) {
    Tensor tensor = result(name);
    if (results.remove(name) != null) {
      natives.owned.remove(tensor.references());
      tensor.track(Leaks.here());
    }
    return tensor;
  }

  /** The outputs of the last run, as an object of its own; {@code made} are those that ONNX Runtime allocated. */
  synchronized Outputs takeOutputs(Set<String> made) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (String name : session.outputs.keySet()) {
      Tensor tensor = results.remove(name);
      if (tensor != null) {
        natives.owned.remove(tensor.references());
      } else {
        tensor = pinned.get(name);
      }
      if (tensor != null) {
        all.put(name, tensor);
      }
    }
    return new Outputs(session.name, all, made);
  }

  /** Frees what this owns; bound tensors stay the caller's. Waits for a run that is under way in another thread: close the graph to stop it. */
  @Override
  public synchronized void close() {
    if (natives.close() && tracker != null) {
      tracker.closed();
    }
    for (Tensor copy : convertedInputs.values()) {
      copy.close();
    }
    for (Tensor copy : convertedPinned.values()) {
      copy.close();
    }
  }

  // ---- inside

  private void runBound(BoundCall call) throws OrtException {
    BoundCall.Wanted all =
        new BoundCall.Wanted(inputHandles, constants, pinnedHandles, wanted, residents, feedBacks);
    Map<String, OnnxTensor> made = call.run(all, slot.options());
    releaseResults();
    for (Map.Entry<String, OnnxTensor> e : made.entrySet()) {
      boolean resident = residents.contains(e.getKey());
      addResult(
          e.getKey(), resident ? Tensor.ofResident(e.getValue()) : Tensor.ofResult(e.getValue()));
    }
    for (String input : feedBacks.values()) {
      // The value lies in the call now.
      releaseOwned(inputs.remove(input));
      inputHandles.remove(input);
      dropConverted(convertedInputs, input);
    }
  }

  /** Makes a tensor of what was fed back to an input; null if nothing was. */
  private @Nullable Tensor unhold(BoundCall call, String input) {
    String output = call.outputOf(input);
    Tensor tensor = call.take(input);
    if (output != null && tensor != null) {
      addResult(output, tensor);
      inputs.put(input, tensor);
      inputHandles.put(input, tensor.onnxTensor());
    }
    return tensor;
  }

  private void addResult(String name, Tensor tensor) {
    natives.owned.add(tensor.references());
    results.put(name, tensor);
  }

  private void releaseResults() {
    for (Map.Entry<String, Tensor> e : results.entrySet()) {
      // What is fed back is an input now and goes when the next one takes its place.
      String input = feedBacks.get(e.getKey());
      if (input == null || inputs.get(input) != e.getValue()) {
        releaseOwned(e.getValue());
      }
    }
    results.clear();
  }

  private void accept(OrtSession.Result result) {
    releaseResults();
    for (Map.Entry<String, ai.onnxruntime.OnnxValue> e : result) {
      String name = e.getKey();
      if (pinnedHandles.containsKey(name)) {
        continue;
      }
      addResult(name, Checks.result(session, name, e.getValue()));
    }
    for (Map.Entry<String, String> e : feedBacks.entrySet()) {
      Tensor tensor = results.get(e.getKey());
      if (tensor != null) {
        rebind(e.getValue(), tensor);
      }
    }
  }

  private void rebind(String input, Tensor tensor) {
    Tensor old = inputs.put(input, tensor);
    inputHandles.put(input, tensor.onnxTensor());
    dropConverted(convertedInputs, input);
    if (old != tensor) {
      releaseOwned(old);
    }
  }

  /** Closes a tensor if it is one that ONNX Runtime made for this. */
  private void releaseOwned(@Nullable Tensor tensor) {
    if (tensor != null && natives.owned.remove(tensor.references())) {
      tensor.close();
    }
  }

  private static void dropConverted(Map<String, Tensor> copies, String name) {
    Tensor copy = copies.remove(name);
    if (copy != null) {
      copy.close();
    }
  }

  private void retainAll() {
    for (Map.Entry<String, Tensor> e : inputs.entrySet()) {
      e.getValue().retain(e.getKey());
      retained.add(e.getValue());
    }
    for (Map.Entry<String, Tensor> e : pinned.entrySet()) {
      e.getValue().retain(e.getKey());
      retained.add(e.getValue());
    }
  }

  private void releaseAll() {
    for (Tensor tensor : retained) {
      tensor.release();
    }
    retained.clear();
  }

  private void convertInputs() {
    for (Map.Entry<String, Tensor> e : convertedInputs.entrySet()) {
      Tensor tensor = inputs.get(e.getKey());
      if (tensor != null) {
        tensor.copyInto(e.getValue());
      }
    }
  }

  private void convertPinned() {
    for (Map.Entry<String, Tensor> e : pinned.entrySet()) {
      Tensor made = wanted.contains(e.getKey()) ? results.get(e.getKey()) : null;
      if (made != null) {
        Checks.sameShape(session, e.getKey(), made, e.getValue());
        made.copyInto(e.getValue());
      }
    }
    for (Map.Entry<String, Tensor> e : convertedPinned.entrySet()) {
      Tensor tensor = pinned.get(e.getKey());
      if (tensor != null) {
        e.getValue().copyInto(tensor);
      }
    }
  }

  private SampoException failure(CancellationToken token, OrtException e) {
    if (graph.isClosed()) {
      return new ClosedException(session.name + " was closed while a run was under way", e);
    }
    if (token.isCancelled()) {
      return new CancelledException("Cancelled while " + session.name + " was running", e);
    }
    StringBuilder given = new StringBuilder();
    for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
      given.append(given.length() == 0 ? "" : ", ").append(input.getKey()).append(' ');
      given.append(input.getValue().type()).append(' ').append(input.getValue().shape());
    }
    return new GraphRunException(
        session.path,
        "Running " + session.name + " failed: " + e.getMessage() + ". Inputs: " + given,
        e);
  }

  private void checkOpen() {
    if (natives.isClosed()) {
      throw new ClosedException("This run of " + session.name + " is closed");
    }
  }

  /** What outlives a forgotten run. */
  private static final class Natives {
    final Set<RefCount> owned = new LinkedHashSet<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Session session;
    private final RunSlot slot;
    private final @Nullable BoundCall bound;

    Natives(Session session, RunSlot slot, @Nullable BoundCall bound) {
      this.session = session;
      this.slot = slot;
      this.bound = bound;
    }

    boolean isClosed() {
      return closed.get();
    }

    boolean close() {
      if (!closed.compareAndSet(false, true)) {
        return false;
      }
      for (RefCount references : owned) {
        references.close();
      }
      owned.clear();
      session.giveBack(slot);
      if (bound != null) {
        bound.close();
        session.release();
      }
      return true;
    }
  }
}
