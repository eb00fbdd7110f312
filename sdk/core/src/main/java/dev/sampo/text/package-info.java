/** Text generation. */
@NullMarked
package dev.sampo.text;

import org.jspecify.annotations.NullMarked;
