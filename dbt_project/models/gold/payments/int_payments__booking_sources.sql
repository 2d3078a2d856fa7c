with

charges as (

    select * from {{ ref('stg_payments__charges') }}

),

refunds as (

    select * from {{ ref('stg_payments__refunds') }}

),

disputes as (

    select * from {{ ref('stg_payments__disputes') }}

),

payouts as (

    select * from {{ ref('stg_payments__payouts') }}

),

sources as (

    select
        charge_id as source_id,
        charge_id,
        'charge' as source_type
    from charges

    union all

    select
        refund_id as source_id,
        charge_id,
        'refund' as source_type
    from refunds

    union all

    select
        dispute_id as source_id,
        charge_id,
        'dispute' as source_type
    from disputes

    union all

    select
        payout_id as source_id,
        cast(null as varchar) as charge_id,
        'payout' as source_type
    from payouts

)

select * from sources
