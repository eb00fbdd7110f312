/**
 * Plain files and pixels that every platform can read and write: {@link dev.sampo.io.NpyArray} (NumPy
 * arrays), {@link dev.sampo.io.Wav} (sound) and {@link dev.sampo.io.Pixels} (pictures in memory,
 * without {@code java.awt}). Files appear whole or not at all: {@link dev.sampo.io.AtomicFile}.
 */
@NullMarked
package dev.sampo.io;

import org.jspecify.annotations.NullMarked;
