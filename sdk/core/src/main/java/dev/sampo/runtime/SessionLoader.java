package dev.sampo.runtime;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.ExecutionMode;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.sampo.error.ModelException;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.spi.DeviceSupport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Checks a model file and hands it to ONNX Runtime by its path. */
final class SessionLoader {
  private SessionLoader() {}

  static Session load(Path file, SessionConfig config) {
    check(file);
    OnnxRuntime.environment();
    DeviceSupport support = config.deviceTensors() ? Devices.require() : null;
    Path cache = config.optimizedModelCache();
    try {
      OrtSession session;
      if (config.graphSeed() != null && !OnnxFile.read(file).randomOperators().isEmpty()) {
        session = createSeeded(file, config, config.graphSeed());
      } else if (cache != null && OptimizedModelCache.isPossible(config)) {
        session = new OptimizedModelCache(cache, file, config).load();
      } else {
        session = create(file, config);
      }
      try {
        return new Session(file, session, support);
      } catch (OrtException | RuntimeException e) {
        session.close();
        throw e;
      }
    } catch (OrtException e) {
      throw failure(file, config, e);
    }
  }

  /** Creates the native session. */
  static OrtSession create(Path file, SessionConfig config) throws OrtException {
    try (SessionOptions options = options(config)) {
      return OnnxRuntime.environment().createSession(file.toString(), options);
    }
  }

  /** Creates the native session of a graph that draws random numbers, with a seed in each node that does. */
  private static OrtSession createSeeded(Path file, SessionConfig config, long seed)
      throws OrtException {
    byte[] model;
    try {
      model = RandomNodes.seeded(Files.readAllBytes(file), seed);
    } catch (IOException e) {
      throw new ModelException(
          file, "Model file " + file + " cannot be read: " + e.getMessage(), e);
    }
    Path folder = file.toAbsolutePath().getParent();
    try (SessionOptions options = options(config)) {
      // A model that is handed over as bytes has no folder of its own to look for external weights
      // in.
      options.addConfigEntry(
          "session.model_external_initializers_file_folder_path", String.valueOf(folder));
      return OnnxRuntime.environment().createSession(model, options);
    }
  }

  private static void check(Path file) {
    if (!Files.exists(file)) {
      throw new ModelException(
          file,
          "Model file " + file + " does not exist. Check the path, or export the model again.");
    }
    if (Files.isDirectory(file)) {
      throw new ModelException(
          file, file + " is a folder, wanted an .onnx file in it. ModelFolder.open reads folders.");
    }
    ModelException.refuseSpecial(file);
    if (!Files.isReadable(file)) {
      throw new ModelException(file, "Model file " + file + " may not be read by this user.");
    }
    if (file.toFile().length() == 0) {
      throw new ModelException(file, "Model file " + file + " is empty. Fetch or export it again.");
    }
    String is = ForeignFiles.describe(file);
    if (is != null) {
      throw new ModelException(file, "Model file " + file + " " + is);
    }
  }

  private static SampoException failure(Path file, SessionConfig config, OrtException e) {
    String reason = String.valueOf(e.getMessage());
    switch (e.getCode()) {
      case ORT_INVALID_PROTOBUF:
      case ORT_NO_MODEL:
        return new ModelException(
            file,
            "Model file "
                + file
                + " ("
                + file.toFile().length()
                + " bytes) is truncated or no ONNX graph. Fetch or export it again. ONNX Runtime"
                + " says: "
                + reason,
            e);
      default:
        return new ModelException(
            file,
            "Model file "
                + file
                + " ("
                + file.toFile().length()
                + " bytes) cannot be loaded on "
                + config.executionProviders()
                + ". ONNX Runtime says: "
                + reason,
            e);
    }
  }

  static SessionOptions options(SessionConfig config) throws OrtException {
    SessionOptions options = new SessionOptions();
    try {
      options.setOptimizationLevel(level(config.optimizationLevel()));
      if (config.reproducible()) {
        options.setIntraOpNumThreads(1);
      } else if (config.intraOpThreads() > 0) {
        options.setIntraOpNumThreads(config.intraOpThreads());
      }
      if (config.interOpThreads() > 1) {
        options.setInterOpNumThreads(config.interOpThreads());
        options.setExecutionMode(ExecutionMode.PARALLEL);
      }
      options.setCPUArenaAllocator(config.memoryArena());
      if (!config.spinning()) {
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
        options.addConfigEntry("session.inter_op.allow_spinning", "0");
      }
      if (!config.prepacking()) {
        options.addConfigEntry("session.disable_prepacking", "1");
      }
      if (!config.cpuFallback() && !config.executionProviders().contains(ExecutionProvider.cpu())) {
        options.addConfigEntry("session.disable_cpu_ep_fallback", "1");
      }
      for (Map.Entry<String, Long> e : config.symbols().entrySet()) {
        options.setSymbolicDimensionValue(e.getKey(), e.getValue());
      }
      for (Map.Entry<String, String> e : config.configEntries().entrySet()) {
        options.addConfigEntry(e.getKey(), e.getValue());
      }
      for (ExecutionProvider provider : config.executionProviders()) {
        Providers.add(options, provider);
      }
      return options;
    } catch (OrtException | RuntimeException e) {
      options.close();
      throw e;
    }
  }

  private static OptLevel level(SessionConfig.OptimizationLevel level) {
    switch (level) {
      case NONE:
        return OptLevel.NO_OPT;
      case BASIC:
        return OptLevel.BASIC_OPT;
      case EXTENDED:
        return OptLevel.EXTENDED_OPT;
      default:
        return OptLevel.ALL_OPT;
    }
  }
}
