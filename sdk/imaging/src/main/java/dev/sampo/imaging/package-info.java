/** Pictures and files on a desktop JVM. */
@NullMarked
package dev.sampo.imaging;

import org.jspecify.annotations.NullMarked;
