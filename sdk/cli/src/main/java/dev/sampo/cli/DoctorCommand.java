package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.runtime.OnnxRuntime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sampo doctor}: what this machine has and lacks for running graphs on the CPU and on an NVIDIA GPU. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Checks what graphs need on this machine: ONNX Runtime, C library, GPU driver, CUDA and cuDNN; says what is missing and how to mend it.",
      "Exit code 1 when the CPU cannot be used; a missing GPU is no failure unless --gpu is given."
    })
final class DoctorCommand implements Callable<Integer> {
  /** What the CUDA provider of ONNX Runtime 1.28 in Bytedeco's GPU library is linked against. */
  private static final String[][] CUDA_LIBRARIES = {
    {
      "libcudart.so.13",
      "CUDA 13 runtime",
      "install CUDA 13, or the Python packages nvidia-cuda-runtime, and add their lib folder to LD_LIBRARY_PATH"
    },
    {
      "libcublasLt.so.13",
      "cuBLAS of CUDA 13",
      "install CUDA 13, or nvidia-cublas, and add its lib folder to LD_LIBRARY_PATH"
    },
    {
      "libcufft.so.12",
      "cuFFT of CUDA 13",
      "install CUDA 13, or nvidia-cufft, and add its lib folder to LD_LIBRARY_PATH"
    },
    {
      "libcudnn.so.9",
      "cuDNN 9",
      "install cuDNN 9 for CUDA 13, or nvidia-cudnn-cu13, and add its lib folder to LD_LIBRARY_PATH"
    },
  };

  private final Console console;

  @Option(names = "--json", description = "Print one JSON document on stdout.")
  private boolean json;

  @Option(names = "--gpu", description = "Fail (exit code 1) when the GPU cannot be used.")
  private boolean gpu;

  DoctorCommand(Console console) {
    this.console = console;
  }

  /** One thing looked at. */
  private record Finding(String what, State state, String found, String mend) {}

  private enum State {
    OK,
    MISSING,
    WARNING
  }

  @Override
  public Integer call() {
    List<Finding> basics = new ArrayList<>();
    basics.add(java());
    basics.add(libc());
    basics.add(onnxRuntime());
    List<Finding> nvidia = new ArrayList<>();
    nvidia.add(driver());
    for (String[] library : CUDA_LIBRARIES) {
      nvidia.add(library(library[0], library[1], library[2]));
    }
    nvidia.add(cudaProvider());
    if (json) {
      ObjectNode document = JsonNodeFactory.instance.objectNode();
      document.set("cpu", toJson(basics));
      document.set("cuda", toJson(nvidia));
      console.json(document);
    } else {
      print("CPU", basics);
      print("NVIDIA GPU (CUDA execution provider)", nvidia);
    }
    boolean cpuFails = basics.stream().anyMatch(f -> f.state == State.MISSING);
    boolean gpuFails = nvidia.stream().anyMatch(f -> f.state == State.MISSING);
    return cpuFails || (gpu && gpuFails) ? ExitCode.FAILED : ExitCode.OK;
  }

  private void print(String head, List<Finding> findings) {
    console.out().println(head);
    for (Finding f : findings) {
      console
          .out()
          .printf("  %-8s %-28s %s%n", f.state.name().toLowerCase(Locale.ROOT), f.what, f.found);
      if (f.state != State.OK && !f.mend.isEmpty()) {
        console.out().printf("  %-8s %-28s -> %s%n", "", "", f.mend);
      }
    }
  }

  private static ArrayNode toJson(List<Finding> findings) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (Finding f : findings) {
      array
          .addObject()
          .put("what", f.what)
          .put("state", f.state.name().toLowerCase(Locale.ROOT))
          .put("found", f.found)
          .put("mend", f.state == State.OK ? "" : f.mend);
    }
    return array;
  }

  private static Finding java() {
    return new Finding(
        "Java",
        State.OK,
        System.getProperty("java.version")
            + ", "
            + System.getProperty("os.name")
            + " "
            + System.getProperty("os.arch"),
        "");
  }

  /** ONNX Runtime's Linux libraries want glibc 2.28 or newer; Alpine's musl cannot load them. */
  private static Finding libc() {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
      return new Finding("C library", State.OK, "not Linux", "");
    }
    String line = LibraryFinder.firstLineOf("getconf", "GNU_LIBC_VERSION");
    if (line.startsWith("glibc ")) {
      String version = line.substring("glibc ".length());
      boolean old = compare(version, "2.28") < 0;
      return new Finding(
          "C library",
          old ? State.MISSING : State.OK,
          line,
          "ONNX Runtime needs glibc 2.28 or newer (Debian 10, RHEL 8, Ubuntu 20.04)");
    }
    boolean musl =
        !LibraryFinder.find("ld-musl-").isEmpty() || Files.exists(Path.of("/etc/alpine-release"));
    return new Finding(
        "C library",
        musl ? State.MISSING : State.WARNING,
        musl ? "musl (Alpine)" : "unknown",
        "ONNX Runtime's libraries are built for glibc: use an image with glibc, such as eclipse-temurin:17-jre instead of the -alpine one");
  }

  private static Finding onnxRuntime() {
    try {
      return new Finding(
          "ONNX Runtime",
          State.OK,
          OnnxRuntime.version() + ", providers " + OnnxRuntime.availableProviders(),
          "");
    } catch (RuntimeException e) {
      String windows =
          System.getProperty("os.name").startsWith("Windows")
              ? "install the Microsoft Visual C++ 2015-2022 redistributable (x64)"
              : "see the message";
      return new Finding("ONNX Runtime", State.MISSING, String.valueOf(e.getMessage()), windows);
    }
  }

  private static Finding driver() {
    String smi =
        LibraryFinder.firstLineOf(
            "nvidia-smi", "--query-gpu=driver_version,name", "--format=csv,noheader");
    String version = smi.isEmpty() ? procDriver() : smi;
    if (version.isEmpty()) {
      return new Finding(
          "NVIDIA driver",
          State.MISSING,
          "none",
          "install NVIDIA's driver 580 or newer (CUDA 13); in a container start it with --gpus all");
    }
    String number = version.split("[, ]", 2)[0];
    boolean old = compare(number, "580") < 0;
    return new Finding(
        "NVIDIA driver",
        old ? State.MISSING : State.OK,
        version,
        "CUDA 13 needs driver 580 or newer; this one is for CUDA 12: update it, or use a CUDA 12 build of ONNX Runtime");
  }

  private static String procDriver() {
    Path file = Path.of("/proc/driver/nvidia/version");
    if (!Files.isReadable(file)) {
      return "";
    }
    try {
      for (String word :
          new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\\s+")) {
        if (word.matches("\\d{3,}\\.\\d+.*")) {
          return word;
        }
      }
    } catch (IOException e) {
      return "";
    }
    return "";
  }

  private static Finding library(String soname, String what, String mend) {
    List<Path> exact = LibraryFinder.find(soname);
    if (!exact.isEmpty()) {
      return new Finding(what, State.OK, exact.get(0).toString(), "");
    }
    String stem = soname.substring(0, soname.indexOf(".so") + 3);
    List<Path> others = LibraryFinder.find(stem);
    String found =
        others.isEmpty()
            ? "no " + soname
            : "no "
                + soname
                + ", only "
                + others.get(others.size() - 1)
                + " (another major version does not do)";
    return new Finding(what, State.MISSING, found, mend);
  }

  private static Finding cudaProvider() {
    try {
      Set<String> available = OnnxRuntime.availableProviders();
      boolean there = available.contains("CUDAExecutionProvider");
      return new Finding(
          "CUDA execution provider",
          there ? State.OK : State.MISSING,
          there ? "in the library" : "the native library was built without it",
          "build with the profile that brings it: mvn -Pcuda package, or put com.microsoft.onnxruntime:onnxruntime_gpu"
              + " on the class path in place of onnxruntime");
    } catch (RuntimeException e) {
      return new Finding(
          "CUDA execution provider", State.MISSING, "ONNX Runtime cannot be loaded", "see above");
    }
  }

  /** Compares dotted numbers by value, part by part. */
  static int compare(String a, String b) {
    String[] x = a.split("\\.");
    String[] y = b.split("\\.");
    for (int i = 0; i < Math.max(x.length, y.length); i++) {
      int d = Integer.compare(part(x, i), part(y, i));
      if (d != 0) {
        return d;
      }
    }
    return 0;
  }

  private static int part(String[] parts, int i) {
    String digits = i < parts.length ? parts[i].replaceAll("\\D.*", "") : "";
    return digits.isEmpty() ? 0 : Integer.parseInt(digits);
  }
}
