package dev.sampo.runtime.spi;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.RunOptions;

/**
 * Inputs and outputs of one call, run again and again by one thread. What is bound stays bound, except that an output for which no tensor was
 * given is bound anew before each run.
 */
public interface DeviceBinding extends AutoCloseable {
  /** Binds an input. A value in host memory goes to the device now; to send it again after it was rewritten, bind it again. */
  void input(String name, OnnxTensor value) throws OrtException;

  /** Lets go of all outputs, also of the values of the last run. */
  void clearOutputs();

  /** Has an output written to a tensor in host memory. */
  void output(String name, OnnxTensor target) throws OrtException;

  /** Has the next run allocate an output: where the provider computes it, or in host memory. Lets go of its last value. */
  void output(String name, boolean onDevice) throws OrtException;

  /** Runs the session for all bound outputs. */
  void run(RunOptions options) throws OrtException;

  /** Binds what the last run gave for an output to an input. The value stays available to {@link #take}. */
  void feedBack(String output, String input) throws OrtException;

  /**
   * The value that the last run allocated for an output, once; the caller closes it. Java can read it only if it was asked for in host memory.
   */
  OnnxTensor take(String output) throws OrtException;

  @Override
  void close();
}
