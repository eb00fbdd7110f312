package dev.sampo.spark;

import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * One loaded model a JVM, shared by all of its tasks and closed when the JVM ends. A model that failed to open is tried again by the next task.
 */
final class LoadedModels {
  private static final ConcurrentHashMap<Key, AutoCloseable> OPEN = new ConcurrentHashMap<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(LoadedModels::closeAll, "sampo-close"));
  }

  private record Key(ModelReference model, Class<?> kind, int threads) {}

  private LoadedModels() {}

  static <M extends Model> M get(ModelReference reference, Class<M> family, int threads) {
    return get(reference, family, threads, folder -> Sampo.open(folder, config(threads), family));
  }

  /** As {@link #get(ModelReference, Class, int)}, for what is opened in a way of its own. */
  static <T extends AutoCloseable> T get(
      ModelReference reference, Class<T> kind, int threads, Function<ModelFolder, T> opener) {
    // Opening inside computeIfAbsent: tasks that come at the same time wait for the one that loads.
    return kind.cast(
        OPEN.computeIfAbsent(
            new Key(reference, kind, threads), key -> opener.apply(reference.folder())));
  }

  static SessionConfig config(int threads) {
    return SessionConfig.builder().intraOpThreads(threads).build();
  }

  static int size() {
    return OPEN.size();
  }

  static void closeAll() {
    Schedulers.closeAll();
    for (Key key : OPEN.keySet()) {
      AutoCloseable open = OPEN.remove(key);
      if (open != null) {
        close(open);
      }
    }
  }

  private static void close(AutoCloseable open) {
    try {
      open.close();
    } catch (Exception e) {
      throw new IllegalStateException("A model could not be closed: " + e.getMessage(), e);
    }
  }
}
