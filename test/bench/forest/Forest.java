import com.amazon.randomcutforest.RandomCutForest;
import java.lang.management.ManagementFactory;
import java.util.Random;

/** Scores and learns one point after the other on one thread; prints points per second of its CPU time, the median of the rounds. */
public final class Forest {
    private static final int DIMENSIONS = 40;
    private static final int TREES = 50;
    private static final int SAMPLE = 256;

    public static void main(String[] args) {
        int points = Integer.parseInt(args[0]);
        int rounds = Integer.parseInt(args[1]);
        double[] rates = new double[rounds];
        // The first round warms the compiler up and does not count.
        for (int round = -1; round < rounds; round += 1) {
            double rate = points / secondsOf(points, round + 7L);
            if (round >= 0) rates[round] = rate;
        }
        java.util.Arrays.sort(rates);
        System.out.println(Math.round(rates[rounds / 2]));
    }

    private static double secondsOf(int points, long seed) {
        RandomCutForest forest = RandomCutForest.builder().dimensions(DIMENSIONS).numberOfTrees(TREES).sampleSize(SAMPLE).parallelExecutionEnabled(false).randomSeed(seed).build();
        Random random = new Random(seed);
        float[][] all = new float[points][DIMENSIONS];
        for (float[] point : all) for (int at = 0; at < DIMENSIONS; at += 1) point[at] = (float) random.nextGaussian();
        var threads = ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadCpuTime();
        double sum = 0;
        for (float[] point : all) {
            sum += forest.getAnomalyScore(point);
            forest.update(point);
        }
        if (Double.isNaN(sum)) throw new IllegalStateException("no score");
        return (threads.getCurrentThreadCpuTime() - before) / 1e9;
    }
}
