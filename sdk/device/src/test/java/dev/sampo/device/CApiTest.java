package dev.sampo.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.ExecutionProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CApiTest {
  /** Every way of calling that this JVM has. */
  private static List<Caller> callers() {
    List<Caller> callers = new ArrayList<>(List.of(new JnaCaller()));
    if (ForeignCaller.isPossible()) {
      callers.add(new ForeignCaller());
    }
    return callers;
  }

  @Test
  void best_onThisJava_isTheFastestThereIs() {
    assertEquals(callers().get(callers().size() - 1).name(), Caller.best().name());
  }

  @Test
  void check_whenStatusIsAnError_isTheJavaApisException() {
    for (Caller caller : callers()) {
      CApi api = new CApi(caller);
      CApi.Scratch out = new CApi.Scratch();
      // The library of this build has no CUDA.
      OrtException e =
          assertThrows(
              OrtException.class,
              () -> api.check(api.call(CApi.CREATE_CUDA_OPTIONS, out.address())));
      assertTrue(e.getMessage().contains("CUDA"), caller.name() + ": " + e.getMessage());
      assertEquals(OrtException.OrtErrorCode.ORT_FAIL, e.getCode());
    }
  }

  @Test
  void append_whenLibraryHasNoCuda_saysSo() throws OrtException {
    for (ExecutionProvider provider :
        List.of(
            ExecutionProvider.cudaBuilder().gpuMemLimitBytes(1L << 30).useTf32(false).build(),
            ExecutionProvider.tensorRt(0))) {
      try (SessionOptions options = new SessionOptions()) {
        OrtException e =
            assertThrows(
                OrtException.class,
                () -> new CApiSupport().append(options, provider.ortName(), provider.options()));
        assertTrue(e.getMessage().contains("not enabled in this build"), e.getMessage());
      }
    }
  }

  @Test
  void append_whenAnotherProvider_saysWhichThereAre() throws OrtException {
    try (SessionOptions options = new SessionOptions()) {
      OrtException e =
          assertThrows(
              OrtException.class,
              () -> new CApiSupport().append(options, "QNNExecutionProvider", Map.of()));
      assertEquals(
          "The C API is asked for CUDA and TensorRT only, not for QNNExecutionProvider",
          e.getMessage());
    }
  }

  @Test
  void checkVersion_whenTooOldOrNoNumber_saysWhatIsWanted() {
    CApi.checkVersion("1.23.0");
    CApi.checkVersion("1.28.0");
    for (String version : List.of("1.22.1", "2.0.0", "1.x", "unknown")) {
      SampoException e = assertThrows(SampoException.class, () -> CApi.checkVersion(version));
      assertEquals(
          "sampo-device wants a native library of ONNX Runtime 1.23 or newer (tested with 1.28.0),"
              + " the one loaded is "
              + version,
          e.getMessage());
    }
  }
}
