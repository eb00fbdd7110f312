/**
 * Pictures, contact sheets, animations and plots on a desktop JVM. Enter at {@link
 * dev.sampo.imaging.Pictures}. Needs {@code java.desktop} and no display; never on Android.
 */
@NullMarked
package dev.sampo.imaging;

import org.jspecify.annotations.NullMarked;
