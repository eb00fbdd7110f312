/**
 * What only an Android app needs: {@link dev.sampo.android.Bitmaps} turns pictures into bitmaps and back, {@link
 * dev.sampo.android.AssetFolders} copies model folders out of an app's assets to where they can be opened by path.
 */
@NullMarked
package dev.sampo.android;

import org.jspecify.annotations.NullMarked;
