package dev.sampo.text.decoding;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Direct buffers that are handed from one generation of a model to the next. Java frees direct memory only when it collects the buffer, and a program
 * that makes little garbage on its heap may go on for gigabytes before that. It keeps no more than was in use at once. Thread-safe.
 */
final class BufferPool {
  private final List<ByteBuffer> free = new ArrayList<>();
  private long freeBytes;
  private long usedBytes;
  private long mostUsedBytes;

  /** A buffer of at least so many bytes, in native order, with anything in it. */
  synchronized ByteBuffer take(int bytes) {
    int best = -1;
    for (int i = 0; i < free.size(); i++) {
      int capacity = free.get(i).capacity();
      boolean fits = capacity >= bytes && capacity / 2 <= bytes;
      if (fits && (best < 0 || capacity < free.get(best).capacity())) {
        best = i;
      }
    }
    ByteBuffer buffer;
    if (best >= 0) {
      buffer = free.remove(best);
      freeBytes -= buffer.capacity();
      buffer.clear();
    } else {
      buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
    usedBytes += buffer.capacity();
    mostUsedBytes = Math.max(mostUsedBytes, usedBytes);
    return buffer;
  }

  /** Takes a buffer back; nobody may use it any more. */
  synchronized void giveBack(ByteBuffer buffer) {
    usedBytes -= buffer.capacity();
    free.add(buffer);
    freeBytes += buffer.capacity();
    while (usedBytes + freeBytes > mostUsedBytes && !free.isEmpty()) {
      freeBytes -= free.remove(0).capacity(); // the oldest; Java collects it
    }
  }
}
