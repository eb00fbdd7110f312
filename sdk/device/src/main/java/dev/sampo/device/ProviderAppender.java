package dev.sampo.device;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.sun.jna.Pointer;
import com.sun.jna.StringArray;
import java.util.Map;

/** Adds CUDA or TensorRT to session options, with options as ONNX Runtime spells them. */
final class ProviderAppender {
  /** The four functions that a provider has in the C API. */
  private enum Functions {
    CUDA(
        CApi.CREATE_CUDA_OPTIONS,
        CApi.UPDATE_CUDA_OPTIONS,
        CApi.APPEND_CUDA_V2,
        CApi.RELEASE_CUDA_OPTIONS),
    TENSOR_RT(
        CApi.CREATE_TENSOR_RT_OPTIONS,
        CApi.UPDATE_TENSOR_RT_OPTIONS,
        CApi.APPEND_TENSOR_RT_V2,
        CApi.RELEASE_TENSOR_RT_OPTIONS);

    private final int create;
    private final int update;
    private final int append;
    private final int release;

    Functions(int create, int update, int append, int release) {
      this.create = create;
      this.update = update;
      this.append = append;
      this.release = release;
    }
  }

  private final CApi api;

  ProviderAppender(CApi api) {
    this.api = api;
  }

  void append(SessionOptions options, String ortName, Map<String, String> values)
      throws OrtException {
    Functions f;
    switch (ortName) {
      case "CUDAExecutionProvider":
        f = Functions.CUDA;
        break;
      case "TensorrtExecutionProvider":
        f = Functions.TENSOR_RT;
        break;
      default:
        throw new OrtException("The C API is asked for CUDA and TensorRT only, not for " + ortName);
    }
    CApi.Scratch out = new CApi.Scratch();
    api.check(api.call(f.create, out.address()));
    long made = out.getLong(0);
    try {
      if (!values.isEmpty()) {
        StringArray keys = new StringArray(values.keySet().toArray(new String[0]), "UTF-8");
        StringArray texts = new StringArray(values.values().toArray(new String[0]), "UTF-8");
        try {
          api.check(
              api.call(
                  f.update,
                  made,
                  Pointer.nativeValue(keys),
                  Pointer.nativeValue(texts),
                  values.size()));
        } finally {
          keys.close();
          texts.close();
        }
      }
      api.check(api.call(f.append, api.handles.of(options), made));
    } finally {
      api.call(f.release, made);
    }
  }
}
