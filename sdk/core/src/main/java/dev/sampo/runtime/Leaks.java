package dev.sampo.runtime;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports and frees native things that nobody closed. {@code java.lang.ref.Cleaner} is missing on Android before 33, so this is the same
 * with a queue and one daemon thread of our own.
 *
 * <p>The log line has the stack of where the thing was opened; system property {@code sampo.leaks=brief} leaves the stack out and saves
 * the time it takes to walk it.
 */
final class Leaks {
  private static final Logger LOG = LoggerFactory.getLogger(Leaks.class);
  private static final boolean TRACE = !"brief".equals(System.getProperty("sampo.leaks"));
  private static final ReferenceQueue<Object> QUEUE = new ReferenceQueue<>();
  private static final Set<Tracker> OPEN = ConcurrentHashMap.newKeySet();

  @SuppressWarnings("unused")
  private static volatile @Nullable Object fence;

  static {
    Thread reaper = new Thread(Leaks::reap, "sampo-leaks");
    reaper.setDaemon(true);
    reaper.start();
  }

  private Leaks() {}

  /** Where something is opened, to be shown should it be forgotten; null where the stack is not wanted. */
  static @Nullable Throwable here() {
    return TRACE ? new OpenedHere() : null;
  }

  /**
   * Watches {@code owner}. {@code free} must not refer to it; it answers whether there was anything left to free.
   *
   * @param what names it in the log line
   */
  static Tracker track(
      Object owner, String what, @Nullable Throwable opened, BooleanSupplier free) {
    Tracker tracker = new Tracker(owner, what, opened, free);
    OPEN.add(tracker);
    return tracker;
  }

  /** How many things are open, for tests. */
  static int open() {
    return OPEN.size();
  }

  /** Keeps {@code object} reachable up to this call (Reference.reachabilityFence is missing on Android before 28). */
  static void keepAlive(Object object) {
    fence = object;
    fence = null;
  }

  private static void reap() {
    while (true) {
      try {
        ((Tracker) QUEUE.remove()).forgotten();
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        LOG.warn("Freeing a forgotten native object failed", e);
      }
    }
  }

  /** The watch on one object. */
  static final class Tracker extends PhantomReference<Object> {
    private final String what;
    private final @Nullable Throwable opened;
    private final BooleanSupplier free;

    private Tracker(Object owner, String what, @Nullable Throwable opened, BooleanSupplier free) {
      super(owner, QUEUE);
      this.what = what;
      this.opened = opened;
      this.free = free;
    }

    /** The object was closed as it should be. */
    void closed() {
      OPEN.remove(this);
      clear();
    }

    private void forgotten() {
      if (OPEN.remove(this) && free.getAsBoolean()) {
        LOG.warn(
            "{} was never closed; it has been freed now. Close it, or open it in try-with-resources. It was opened {}",
            what,
            opened == null
                ? "where a process started without -Dsampo.leaks=brief would show"
                : "here:",
            opened);
      }
    }
  }

  /** Carries a stack, never thrown. */
  private static final class OpenedHere extends Throwable {
    private static final long serialVersionUID = 1;

    OpenedHere() {
      super("opened here");
    }
  }
}
