package dev.sampo.runtime;

import dev.sampo.error.SampoException;
import dev.sampo.runtime.spi.DeviceSupport;
import java.util.Iterator;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** Finds the module that keeps tensors on the device, if it is on the class path. */
final class Devices {
  private Devices() {}

  /** The module's entry, or null if it is not there. */
  static @Nullable DeviceSupport find() {
    Iterator<DeviceSupport> found =
        ServiceLoader.load(DeviceSupport.class, DeviceSupport.class.getClassLoader()).iterator();
    return found.hasNext() ? found.next() : null;
  }

  /**
   * The module's entry.
   *
   * @throws SampoException if it is not there
   */
  static DeviceSupport require() {
    DeviceSupport support = find();
    if (support == null) {
      throw new SampoException(
          "deviceTensors was asked for, and the module that does it is not on the class path. Add"
              + " dev.sampo:sampo-device, or leave deviceTensors off.");
    }
    return support;
  }
}
