package dev.sampo.runtime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.NNAPIFlags;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import ai.onnxruntime.providers.OrtTensorRTProviderOptions;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.spi.DeviceSupport;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Adds execution providers to session options, or says why one cannot start. */
final class Providers {
  private Providers() {}

  static void add(SessionOptions options, ExecutionProvider provider) {
    if (provider instanceof ExecutionProvider.Cpu) {
      return;
    }
    String ortName = provider.ortName();
    OrtProvider known = null;
    List<String> names = new ArrayList<>();
    for (OrtProvider p : OrtProvider.values()) {
      names.add(p.getName());
      if (p.getName().equals(ortName)) {
        known = p;
      }
    }
    if (known == null) {
      throw new ExecutionProviderException(
          provider,
          "ONNX Runtime's Java API knows no execution provider '"
              + ortName
              + "'. It knows "
              + names,
          null);
    }
    if (!OrtEnvironment.getAvailableProviders().contains(known)) {
      throw new ExecutionProviderException(provider, notBuiltIn(ortName), null);
    }
    try {
      appendAnyway(options, provider, known);
    } catch (OrtException | RuntimeException | LinkageError e) {
      throw new ExecutionProviderException(
          provider, ortName + " cannot start: " + e.getMessage() + ". " + mend(ortName), e);
    }
  }

  private static String notBuiltIn(String ortName) {
    return ortName
        + " cannot start: the native library of ONNX Runtime that is loaded was built without it (it has "
        + new TreeSet<>(OnnxRuntime.availableProviders())
        + "). "
        + mend(ortName);
  }

  private static String mend(String ortName) {
    switch (ortName) {
      case "CUDAExecutionProvider":
      case "TensorrtExecutionProvider":
        return "Put com.microsoft.onnxruntime:onnxruntime_gpu in place of com.microsoft.onnxruntime:onnxruntime on the class"
            + " path, or take the native libraries out of org.bytedeco:onnxruntime:1.28.0-1.5.14:linux-x86_64-gpu (CUDA 13,"
            + " cuDNN 9), put dev.sampo:sampo-device on the class path and start Java with"
            + " -Donnxruntime.native.onnxruntime.path=FOLDER/libonnxruntime.so.1; the machine needs an NVIDIA driver, CUDA and"
            + " cuDNN"
            + (ortName.startsWith("Tensor") ? " and TensorRT" : "")
            + " libraries of the versions that build was made for on its library path (LD_LIBRARY_PATH). Or ask for cpu.";
      case "CoreMLExecutionProvider":
        return "Core ML is in the builds for macOS and iOS only. Or ask for cpu.";
      case "NnapiExecutionProvider":
        return "NNAPI is in com.microsoft.onnxruntime:onnxruntime-android only. Or ask for cpu or xnnpack.";
      case "XnnpackExecutionProvider":
        return "XNNPACK is in com.microsoft.onnxruntime:onnxruntime-android, not in the desktop jar. Or ask for cpu.";
      default:
        return "Load a native library that was built with it (-Donnxruntime.native.path=FOLDER), or ask for cpu.";
    }
  }

  /**
   * The JNI library of the plain jar was built without CUDA and TensorRT and refuses them, also over a native library that has them; the C
   * API of that library does not.
   */
  private static void appendAnyway(
      SessionOptions options, ExecutionProvider provider, OrtProvider known) throws OrtException {
    DeviceSupport support =
        known == OrtProvider.CUDA || known == OrtProvider.TENSOR_RT ? Devices.find() : null;
    try {
      append(options, provider, known);
    } catch (OrtException e) {
      if (support == null) {
        throw e;
      }
      try {
        support.append(options, provider.ortName(), provider.options());
      } catch (OrtException second) {
        second.addSuppressed(e);
        throw second;
      }
    }
  }

  private static void append(SessionOptions options, ExecutionProvider provider, OrtProvider known)
      throws OrtException {
    Map<String, String> values = provider.options();
    switch (known) {
      case CUDA:
        try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(deviceId(values))) {
          for (Map.Entry<String, String> e : values.entrySet()) {
            cuda.add(e.getKey(), e.getValue());
          }
          options.addCUDA(cuda);
        }
        break;
      case TENSOR_RT:
        try (OrtTensorRTProviderOptions trt = new OrtTensorRTProviderOptions(deviceId(values))) {
          for (Map.Entry<String, String> e : values.entrySet()) {
            trt.add(e.getKey(), e.getValue());
          }
          options.addTensorrt(trt);
        }
        break;
      case CORE_ML:
        options.addCoreML(values);
        break;
      case NNAPI:
        options.addNnapi(nnapiFlags(values));
        break;
      case XNNPACK:
        options.addXnnpack(values);
        break;
      case QNN:
        options.addQnn(values);
        break;
      case WEBGPU:
        options.addWebGPU(values);
        break;
      case CPU:
        options.addCPU(true);
        break;
      case DNNL:
        options.addDnnl(true);
        break;
      case DIRECT_ML:
        options.addDirectML(deviceId(values));
        break;
      case ROCM:
        options.addROCM(deviceId(values));
        break;
      case ACL:
        options.addACL(true);
        break;
      case OPEN_VINO:
        options.addOpenVINO(values.getOrDefault("device_type", ""));
        break;
      default:
        throw new OrtException("ONNX Runtime's Java API cannot add it");
    }
  }

  private static int deviceId(Map<String, String> values) {
    String id = values.getOrDefault("device_id", "0");
    try {
      return Integer.parseInt(id);
    } catch (NumberFormatException e) {
      throw new RequestException("deviceId", "device_id is '" + id + "', wanted a number", e);
    }
  }

  private static EnumSet<NNAPIFlags> nnapiFlags(Map<String, String> values) {
    EnumSet<NNAPIFlags> flags = EnumSet.noneOf(NNAPIFlags.class);
    for (Map.Entry<String, String> e : values.entrySet()) {
      if (e.getValue().equals("1") || e.getValue().equals("true")) {
        flags.add(NNAPIFlags.valueOf(e.getKey()));
      }
    }
    return flags;
  }
}
