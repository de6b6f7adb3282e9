/* Activations, normalization and what follows the networks. */

static void apply_relu(real *x, int count)
{
    int i;

    for (i = 0; i < count; i++)
        x[i] = x[i] < 0 ? 0 : x[i];
}

static void apply_leaky_relu(real *x, int count)
{
    int i;

    for (i = 0; i < count; i++)
        x[i] = x[i] < 0 ? (real)0.01 * x[i] : x[i];
}

static void apply_sigmoid(real *x, int count)
{
    int i;

    for (i = 0; i < count; i++)
        x[i] = (real)(1 / (1 + exp(-(double)x[i])));
}

static void apply_tanh(real *x, int count)
{
    int i;

    for (i = 0; i < count; i++)
        x[i] = (real)tanh(x[i]);
}

/* Klambauer et al. 2017, arXiv:1706.02515. */
static void apply_selu(real *x, int count)
{
    int i;

    for (i = 0; i < count; i++)
        x[i] = (real)(1.0507009873554805 * (x[i] < 0 ? 1.6732632423543772 * expm1(x[i]) : x[i]));
}

static void apply_silu(real *x, int count)
{
    int i;

    for (i = 0; i < count; i++)
        x[i] = (real)(x[i] / (1 + exp(-(double)x[i])));
}

static real error(real x)
{
    return sizeof(real) == sizeof(float) ? (real)erff((float)x) : (real)erf(x);
}

static void apply_gelu(real *x, int count)
{
    int i;

    for (i = 0; i < count; i++)
        x[i] *= (real)0.5 * (1 + error(x[i] * (real)0.7071067811865476));
}

static void apply_mish(real *x, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        double number = x[i], softplus = log1p(exp(-fabs(number))) + (number > 0 ? number : 0);

        x[i] = (real)(number * tanh(softplus));
    }
}

static void normalize(real *x, int count, const real *scale, const real *shift)
{
    double mean = 0, square = 0;
    int i;

    for (i = 0; i < count; i++)
        mean += x[i] / (double)count;
    for (i = 0; i < count; i++)
        square += (x[i] - mean) * (x[i] - mean) / count;
    for (i = 0; i < count; i++)
        x[i] = (real)((x[i] - mean) / sqrt(square + 1e-5)) * scale[i] + shift[i];
}

static void add_numbers(const real *x, int count, real *y)
{
    int i;

    for (i = 0; i < count; i++)
        y[i] += x[i];
}

/* Add one leaf of each tree. The signs of a tree's crossings are the number of its leaf, in binary. */
static void add_leaves(const real *crossings, int trees, int depth, const real *leaves, int count, real *y)
{
    int i, k;

    for (i = 0; i < trees; i++, leaves += count << depth) {
        int leaf = 0;

        for (k = 0; k < depth; k++)
            leaf = 2 * leaf + (*crossings++ > 0);
        add_numbers(leaves + leaf * count, count, y);
    }
}

/* Both from the logit: 1 - p would round a small probability to 0. */
static void two_probabilities(const real *output, double temperature, double *y)
{
    double logit = output[0] / temperature;

    y[0] = 1 / (1 + exp(logit));
    y[1] = 1 / (1 + exp(-logit));
}

static void probabilities(const real *output, int count, double temperature, double *y)
{
    double most = output[0], sum = 0;
    int i;

    for (i = 1; i < count; i++)
        most = output[i] > most ? output[i] : most;
    for (i = 0; i < count; i++) {
        y[i] = exp((output[i] - most) / temperature);
        sum += y[i];
    }
    for (i = 0; i < count; i++)
        y[i] /= sum;
}

static double raised(double y)
{
    return exp(y > 700 ? 700 : y);
}

/* What is not finite stays so. */
static double limited(double y, double lowest, double highest)
{
    if (!isfinite(y))
        return y;
    return y < lowest ? lowest : y > highest ? highest : y;
}

static double not_negative(double y)
{
    return y < 0 ? 0 : y;
}

static double logarithm(double y)
{
    return log(y < DBL_MIN ? DBL_MIN : y);
}

static double square(double y)
{
    return y < 0 ? 0 : y * y;
}

/* Linear between centers, constant beyond them. */
static double interpolated(double x, const double *centers, const double *values, int count)
{
    int i = 1;

    if (x <= centers[0])
        return values[0];
    while (i < count && centers[i] <= x)
        i++;
    if (i == count)
        return isnan(x) ? x : values[count - 1];
    return values[i - 1] + (x - centers[i - 1]) * (values[i] - values[i - 1]) / (centers[i] - centers[i - 1]);
}
