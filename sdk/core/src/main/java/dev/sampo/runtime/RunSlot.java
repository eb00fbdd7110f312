package dev.sampo.runtime;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.RunOptions;
import dev.sampo.error.SampoException;
import org.jspecify.annotations.Nullable;

/**
 * One place in which a run can be under way, with the {@link RunOptions} that can stop it. Used again and again, by one run at a time. As
 * a {@link Runnable} it is the listener on a cancellation token.
 */
final class RunSlot implements Runnable {
  private final RunOptions options;
  private @Nullable Object inUse;
  private boolean terminated;
  private boolean freed;

  RunSlot() {
    OnnxRuntime.environment();
    try {
      options = new RunOptions();
    } catch (OrtException e) {
      throw new SampoException("ONNX Runtime cannot make run options: " + e.getMessage(), e);
    }
  }

  RunOptions options() {
    return options;
  }

  /** A run begins that uses {@code tensors}, which therefore stay reachable until {@link #end()}. */
  synchronized void begin(Object tensors) {
    inUse = tensors;
  }

  /** Stops the run under way before its next node, or at once if it has not started. */
  @Override
  public synchronized void run() {
    if (inUse != null && !terminated) {
      terminated = true;
      set(true);
    }
  }

  /** The run is over. */
  synchronized void end() {
    inUse = null;
    if (terminated && !freed) {
      terminated = false;
      set(false);
    }
  }

  synchronized void free() {
    if (!freed) {
      freed = true;
      options.close();
    }
  }

  private void set(boolean value) {
    try {
      options.setTerminate(value);
    } catch (OrtException e) {
      throw new SampoException("ONNX Runtime cannot stop a run: " + e.getMessage(), e);
    }
  }
}
