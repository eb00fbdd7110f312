/** One main per file, each run by the build. */
@NullMarked
package dev.sampo.examples;

import org.jspecify.annotations.NullMarked;
