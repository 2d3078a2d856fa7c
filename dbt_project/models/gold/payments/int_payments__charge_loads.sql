with

charges as (

    select * from {{ ref('stg_payments__charges') }}

),

payer_invoices as (

    select * from {{ ref('int_payments__payer_invoices') }}

),

balance_transactions as (

    select * from {{ ref('stg_payments__balance_transactions') }}

),

booking_sources as (

    select * from {{ ref('int_payments__booking_sources') }}
    where charge_id is not null

),

loads as (

    -- The charge itself, its refunds and its disputes.
    select
        charge_id,
        load_id
    from booking_sources

    union all

    select
        booking_sources.charge_id,
        balance_transactions.load_id
    from balance_transactions
    inner join booking_sources
        on balance_transactions.source_id = booking_sources.source_id

    union all

    select
        charges.charge_id,
        payer_invoices.load_id
    from payer_invoices
    inner join charges
        on payer_invoices.payer_id = coalesce(charges.payment_intent_id, charges.charge_id)

),

newest as (

    select
        charge_id,
        max(load_id) as load_id
    from loads
    {% if is_incremental() %} where load_id > {{ newest_load() }} {% endif %}
    group by charge_id

)

select * from newest
