/** Sampo's models behind Spring AI's interfaces, in the same process, with auto-configuration under {@code spring.ai.sampo}. */
@NullMarked
package dev.sampo.springai;

import org.jspecify.annotations.NullMarked;
