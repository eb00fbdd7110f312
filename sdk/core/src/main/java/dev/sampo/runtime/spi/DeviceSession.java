package dev.sampo.runtime.spi;

import ai.onnxruntime.OrtException;

/** A session whose inputs and outputs can be bound. Shared by threads; closed before the session is. */
public interface DeviceSession extends AutoCloseable {
  /** A new binding, for one thread. The session must outlive it. */
  DeviceBinding bind() throws OrtException;

  @Override
  void close();
}
