package dev.sampo.device;

import com.sun.jna.Function;
import com.sun.jna.Pointer;
import java.util.concurrent.ConcurrentHashMap;

/** Calls through JNA: about a microsecond each. */
final class JnaCaller implements Caller {
  private final ConcurrentHashMap<Long, Function> functions = new ConcurrentHashMap<>();

  private long invoke(long function, Object... arguments) {
    Function f = functions.get(function);
    if (f == null) {
      f = Function.getFunction(new Pointer(function));
      functions.put(function, f);
    }
    return f.invokeLong(arguments);
  }

  @Override
  public long call(long function, long a) {
    return invoke(function, a);
  }

  @Override
  public long call(long function, long a, long b) {
    return invoke(function, a, b);
  }

  @Override
  public long call(long function, long a, long b, long c) {
    return invoke(function, a, b, c);
  }

  @Override
  public long call(long function, long a, long b, long c, long d) {
    return invoke(function, a, b, c, d);
  }

  @Override
  public String name() {
    return "JNA";
  }
}
