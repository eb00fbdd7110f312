package dev.sampo.device;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.sampo.runtime.spi.DeviceSession;
import dev.sampo.runtime.spi.DeviceSupport;
import java.util.List;
import java.util.Map;

/** The entry that {@link java.util.ServiceLoader} finds. */
public final class CApiSupport implements DeviceSupport {
  /** Does nothing yet: the C API is looked up when it is first needed. */
  public CApiSupport() {}

  private static final class Holder {
    static final CApi API = new CApi(Caller.best());
  }

  static CApi api() {
    try {
      return Holder.API;
    } catch (ExceptionInInitializerError e) {
      if (e.getCause() instanceof RuntimeException) {
        throw (RuntimeException) e.getCause();
      }
      throw e;
    }
  }

  @Override
  public DeviceSession open(OrtSession session, List<String> inputs, List<String> outputs)
      throws OrtException {
    return new BoundSession(api(), session, inputs, outputs);
  }

  @Override
  public void append(SessionOptions options, String ortName, Map<String, String> values)
      throws OrtException {
    new ProviderAppender(api()).append(options, ortName, values);
  }
}
